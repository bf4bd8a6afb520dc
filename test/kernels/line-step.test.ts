import { cases } from "../../lib/cli/verify/kernels/line-step.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
