import { cases } from "../../lib/cli/verify/kernels/uniform-lines.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
