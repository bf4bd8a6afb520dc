import { cases } from "../../lib/cli/verify/kernels/gradient-norm.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
