/** lean-optim: memory-lean optimizers for neural networks. */

export {
  type AdviceOptions,
  type AdvisedGroup,
  adviseRanks,
  type Gradients,
  type LayerAdvice,
  type RankAdvice,
} from "./advice/advise.js";
export type { AdvisedProjector, LayerOptions } from "./advice/offers.js";
export type { Gradient, SpectralPrior } from "./advice/spectrum.js";

export { AdaptiveBatch, type AdaptiveBatchOptions } from "./batch/adaptive-batch.js";
export {
  BatchController,
  type BatchOptions,
  type BatchPlan,
  type BatchReason,
  type BatchState,
} from "./batch/batch-controller.js";
export type { BatchGrid } from "./batch/batch-size.js";
export type { BatchTest, BatchTestKind } from "./batch/batch-test.js";
export type { GradientNoise, GroupStatistics } from "./batch/statistics.js";

export type { StateDict, StateDictEntry } from "./checkpoint.js";
export type { CounterReport } from "./counters.js";
export { cuda, DeviceBuffer, type DeviceMemory, type DevicePointer } from "./device-memory.js";
export { type ErrorCode, errorCodes, LeanError } from "./errors.js";
export type { Basis } from "./given-bases.js";
export type { MemoryReport } from "./memory.js";
export type { ModelParameter, Role } from "./models/index.js";
export { setThreads } from "./native.js";
export {
  type GroupState,
  Optimizer,
  type StepOptions,
  type SteppedParameter,
} from "./optimizer.js";
export type { OptimizerOptions, Parameter, ParameterGroup } from "./optimizer-options.js";
export type { Arrays } from "./parameter-names.js";
export type { EmaOptions } from "./parts/momentum/ema.js";
export type { HeavyBallOptions } from "./parts/momentum/heavy-ball.js";
export { type MomentumKind, type MomentumOption, momentums } from "./parts/momentum/index.js";
export type { LdadamMomentOptions } from "./parts/momentum/ldadam.js";
export type { Direction, LowRankOptions } from "./parts/momentum/low-rank.js";
export type {
  AdaptiveStepOptions,
  NewtonSchulzSchedule,
  OrthogonalOptions,
  ShapeScale,
} from "./parts/momentum/orthogonal.js";
export type { OnRefresh, SubspaceOptions } from "./parts/momentum/subspace.js";
export type {
  Momentum,
  ProjectionSide,
  Projector,
  SecondMoment,
  StateKind,
} from "./parts/part.js";
export type { GaussianOptions } from "./parts/projector/gaussian.js";
export type { GivenOptions } from "./parts/projector/given.js";
export { type ProjectorKind, type ProjectorOption, projectors } from "./parts/projector/index.js";
export type { PowerIterationOptions } from "./parts/projector/power-iteration.js";
export type { RandomizedSvdOptions } from "./parts/projector/randomized-svd.js";
export type { DriftGap, UpdateProjGap } from "./parts/projector/refresh-gap.js";
export type { SvdOptions } from "./parts/projector/svd.js";
export type { AccumulationOptions } from "./parts/second-moment/accumulation.js";
export type {
  ByNameOptions,
  NamedPartition,
  NamedPartitionPair,
} from "./parts/second-moment/by-name.js";
export type { ElementwiseOptions } from "./parts/second-moment/elementwise.js";
export {
  type SecondMomentKind,
  type SecondMomentOption,
  secondMoments,
} from "./parts/second-moment/index.js";
export type { ScalarOptions } from "./parts/second-moment/scalar.js";
export type { PartitionOption, SubsetOptions } from "./parts/second-moment/subset.js";
export type { ProjectionReport } from "./projections.js";
export {
  type Betas,
  type GenericOptions,
  generic,
  type Recipe,
  type RecipeConfig,
  type RecipeOptions,
} from "./recipe.js";
export { type AdaGOOptions, adago } from "./recipes/adago.js";
export { type AdagradOptions, adagrad } from "./recipes/adagrad.js";
export { type AdagradNormOptions, adagradNorm } from "./recipes/adagrad-norm.js";
export { type AdagradSNOptions, adagradSN } from "./recipes/adagrad-sn.js";
export { type AdagradSNSMOptions, adagradSNSM } from "./recipes/adagrad-snsm.js";
export { type AdamMiniOptions, adamMini } from "./recipes/adam-mini.js";
export { type AdamSMOptions, adamSM } from "./recipes/adam-sm.js";
export { type AdamSNOptions, adamSN } from "./recipes/adam-sn.js";
export { type AdamSNGOptions, adamSNG } from "./recipes/adam-sng.js";
export { type AdamSNSMOptions, adamSNSM } from "./recipes/adam-snsm.js";
export { type AdamWOptions, adamw } from "./recipes/adamw.js";
export { type ApolloOptions, apollo } from "./recipes/apollo.js";
export { apolloMini } from "./recipes/apollo-mini.js";
export { type FiraOptions, fira } from "./recipes/fira.js";
export { type GaloreOptions, galore } from "./recipes/galore.js";
export { type RecipeName, recipeFromConfig, recipes } from "./recipes/index.js";
export { type LdadamOptions, ldadam } from "./recipes/ldadam.js";
export { type MuonOptions, muon } from "./recipes/muon.js";
export { type RmspropOptions, rmsprop } from "./recipes/rmsprop.js";
export { type RmspropSNOptions, rmspropSN } from "./recipes/rmsprop-sn.js";
export { type ScaleSGDOptions, scaleSGD } from "./recipes/scale-sgd.js";
export { type SgdOptions, sgd } from "./recipes/sgd.js";
export { type SgdSMOptions, sgdSM } from "./recipes/sgd-sm.js";
export { constant, cosine, type DecayScheduleOptions, linear, type Schedule } from "./schedules.js";
export type { DType, StateDType, WeightArray, WeightDType } from "./tensor.js";
export { version } from "./version.js";
