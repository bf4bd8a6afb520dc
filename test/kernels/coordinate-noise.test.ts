import { cases } from "../../lib/cli/verify/kernels/coordinate-noise.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
