import { cases } from "../../lib/cli/verify/kernels/gradient-dot.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
