import { cases } from "../../lib/cli/verify/kernels/adopt-lines.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
