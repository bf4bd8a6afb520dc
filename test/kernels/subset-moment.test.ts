import { cases } from "../../lib/cli/verify/kernels/subset-moment.js";
import { testKernel } from "./kernel-table.js";

testKernel(cases);
