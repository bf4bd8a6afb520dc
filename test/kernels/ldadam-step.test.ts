import { cases } from "../../lib/cli/verify/kernels/ldadam-step.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
