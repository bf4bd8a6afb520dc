import { cases } from "../../lib/cli/verify/kernels/gradient-stats.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
