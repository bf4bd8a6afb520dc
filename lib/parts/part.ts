/**
 * What parts of an optimizer are made of. A part is one axis of an optimizer (its momentum, its
 * second moment, its projector): data, plus `plan`, which declares for one weight the state that
 * the part keeps and the fields of the kernels' items that it fills.
 */
import type { FieldValue, Item, KernelName } from "../native.js";
import type { DType, StateDType, WeightDType } from "../tensor.js";

/** How the elements of a weight share second moments, as the kernels call it. */
export type KernelPartition = "none" | "elementwise" | "rows" | "columns" | "blocks" | "whole";

/** A parameter as parts see it: `batch` matrices of rows × cols. */
export interface Weight {
  readonly name: string;
  /** The parameter's number in its optimizer, which keys its random streams. */
  readonly index: number;
  readonly shape: readonly number[];
  readonly dtype: WeightDType;
  /** Type of momentum and basis. */
  readonly stateDtype: StateDType;
  /** Matrices stacked along the first dimension (expert weights); otherwise 1. */
  readonly batch: number;
  readonly rows: number;
  readonly cols: number;
  /** Fewer than two dimensions: methods for matrices do not apply. */
  readonly vector: boolean;
  /** Tells the user something, once for each optimizer and text. */
  warn(text: string): void;
}

export type StateKind = "momentum" | "secondMoment" | "basis" | "error" | "counters";

/** One state tensor of one matrix of a weight. */
export interface StateSpec {
  /** Key in a state dict: PyTorch's name where it has one. */
  readonly key: string;
  readonly kind: StateKind;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Initial value; 0 unless given. */
  readonly fill?: number;
  /** Of line numbers: how many lines there are. */
  readonly lines?: number;
}

/** Fields of a kernel's item: constants, and the keys of the state tensors that others name. */
export interface FieldPlan {
  readonly constants?: Readonly<Record<string, FieldValue>>;
  readonly tensors?: Readonly<Record<string, string>>;
}

/** How a basis comes about. */
export interface RefreshPlan extends FieldPlan {
  readonly kernel: KernelName;
  /** Steps between refreshes; 0: only when the caller hands a basis over. */
  readonly updateProjGap: number;
  /** Fields of the kernel where the gap follows the subspace's drift; then there is a schedule. */
  readonly drift?: { readonly drift: number; readonly minGap: number; readonly maxGap: number };
  /** Steps by which refreshes are shifted; "staggered" spreads the parameters over the gap. */
  readonly offset: number | "staggered";
  /** What `setBasis` takes, where the projector is `given`. */
  readonly source?: { readonly dtype: "float32" | "int32"; readonly shape: readonly number[] };
}

/** The kernels that apply a step, each touching the weight once. */
export type StepKernel = Extract<
  KernelName,
  "denseStep" | "subspaceStep" | "lineStep" | "ldadamStep" | "lowRankStep" | "orthogonalStep"
>;

/** A momentum, planned for one weight. */
export interface MomentumPlan extends FieldPlan {
  readonly step: StepKernel;
  /** In the place of the recipe's second moment, where the step keeps one in its own coordinates. */
  readonly secondMoment?: SecondMomentPlan;
  readonly state: readonly StateSpec[];
  /** Fields of the `scalars` kernel. */
  readonly scalars: Item;
  readonly refresh?: RefreshPlan;
  /** Of another basis that is refreshed with it. */
  readonly besides?: RefreshPlan;
  /** Whether the step's own tiles hold whole subsets of a partition. */
  sumsFit(partition: KernelPartition): boolean;
}

/** A second moment, planned for one weight. */
export interface SecondMomentPlan {
  readonly state: readonly StateSpec[];
  readonly partition: KernelPartition;
  /** Subset length for `blocks`, else 0. */
  readonly block: number;
  /** Whether subsets are averaged rather than summed. */
  readonly mean: boolean;
  /** Fields of the `scalars` kernel. */
  readonly scalars: Item;
}

export interface Momentum {
  readonly kind: string;
  /** Its plans bring their own second moment: the recipe's must be "none". */
  readonly ownSecondMoment?: boolean;
  plan(weight: Weight): MomentumPlan;
}

export interface SecondMoment {
  readonly kind: string;
  plan(weight: Weight): SecondMomentPlan;
}

/** Which lines of a weight are compressed: see {@link projectedSide}. */
export type ProjectionSide = "std" | "reverse" | "left" | "right";

/** What a projector is asked to project. */
export interface Projection {
  readonly weight: Weight;
  readonly rank: number;
  /** True when the right side (the columns' index) is compressed. */
  readonly right: boolean;
}

/** A projector, planned for one weight. */
export interface ProjectorPlan extends FieldPlan {
  readonly step: "subspaceStep" | "lineStep";
  readonly state: readonly StateSpec[];
  readonly kernel: KernelName;
  readonly source?: RefreshPlan["source"];
}

export interface Projector {
  readonly kind: string;
  /** Whether the subspace is made of rows or columns of the weight itself. */
  readonly lines: boolean;
  /** Whether PᵀP = I; default true. Momenta in a subspace and its complement need that. */
  readonly orthonormal?: boolean;
  /** Whether its kernel can leave a basis waiting, as `refreshDelay` has it: csrc/kernels/basis.h. */
  readonly delays?: boolean;
  plan(projection: Projection): ProjectorPlan;
}

/**
 * Whether the right side is compressed. Dense projectors compress the shorter side by default
 * (`std`: right for tall and square weights), projectors on lines the longer one, as published.
 */
export function projectedSide(weight: Weight, side: ProjectionSide, lines: boolean): boolean {
  if (side === "right") return true;
  if (side === "left") return false;
  const tall = weight.rows >= weight.cols;
  return (side === "std") === (lines ? !tall : tall);
}
