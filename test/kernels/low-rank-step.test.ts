import { cases } from "../../lib/cli/verify/kernels/low-rank-step.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
