import { cases } from "../../lib/cli/verify/kernels/power-iteration.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
