import { cases } from "../../lib/cli/verify/kernels/orthogonal-step.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
