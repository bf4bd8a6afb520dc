import { cases } from "../../lib/cli/verify/kernels/adopt-basis.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
