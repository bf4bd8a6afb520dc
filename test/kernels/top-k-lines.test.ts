import { cases } from "../../lib/cli/verify/kernels/top-k-lines.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
