import { cases } from "../../lib/cli/verify/kernels/gaussian-basis.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
