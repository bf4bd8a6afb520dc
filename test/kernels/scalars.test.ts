import { cases } from "../../lib/cli/verify/kernels/scalars.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
