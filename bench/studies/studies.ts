/** All studies, in the order in which they are shown. */

import { adaptiveBatch } from "./adaptive-batch.js";
import { dimension } from "./dimension.js";
import { errorFeedback } from "./error-feedback.js";
import type { Study } from "./study.js";
import { subspaceMomentum } from "./subspace-momentum.js";

export const studies = [
  dimension,
  subspaceMomentum,
  errorFeedback,
  adaptiveBatch,
] as readonly Study[];
