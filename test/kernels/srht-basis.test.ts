import { cases } from "../../lib/cli/verify/kernels/srht-basis.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
