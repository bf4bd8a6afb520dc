import { cases } from "../../lib/cli/verify/kernels/subspace-step.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
