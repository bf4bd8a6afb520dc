import { cases } from "../../lib/cli/verify/kernels/svd-basis.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
