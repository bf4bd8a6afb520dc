import { cases } from "../../lib/cli/verify/kernels/sum-partials.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
