import { cases } from "../../lib/cli/verify/kernels/accumulate.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
