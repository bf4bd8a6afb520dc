import { cases } from "../../lib/cli/verify/kernels/dense-step.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
