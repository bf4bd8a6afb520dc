import { cases } from "../../lib/cli/verify/kernels/randomized-svd.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
