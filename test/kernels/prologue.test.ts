import { cases } from "../../lib/cli/verify/kernels/prologue.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
