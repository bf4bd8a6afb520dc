/** The float64 oracle of one matrix of a parameter, and the matrix's share of a state. */
import type { StateDict } from "lean-optim";
import { type LowRankBounds, lowRankBounds } from "../../lib/cli/verify/low-rank-bounds.js";
import { stepScalars } from "../../lib/cli/verify/scalars.js";
import { OracleOptimizer } from "../oracle/generic.js";
import { defaultOptions, type OracleOptions } from "../oracle/options.js";
import { type PartitionRule, partition } from "../oracle/partition.js";
import { valuesOf } from "./dtypes.js";
import { type MatrixPart, matricesOf, type Shape } from "./shapes.js";

/** Settings of the oracle; it is given the bases and lines that the library found. */
export type OracleSettings = Partial<Omit<OracleOptions, "shape" | "projector">> & {
  readonly projector?: "given" | "givenLines";
};

export class Companion {
  readonly name: string;
  readonly oracle: OracleOptimizer;
  readonly #part: MatrixPart;
  readonly #settings: OracleOptions;

  private constructor(name: string, part: MatrixPart, settings: OracleOptions) {
    this.name = name;
    this.oracle = new OracleOptimizer(new Float64Array(part.end - part.begin), settings);
    this.#part = part;
    this.#settings = settings;
  }

  /** One for every matrix. Unless an offset is given, refreshes are spread over the parameters. */
  static all(parameters: readonly Shape[], settings: OracleSettings & { lr: number }): Companion[] {
    const projected = parameters.filter((parameter) => isProjected(parameter, settings));
    const gap = settings.gap ?? 1;
    return parameters.flatMap((parameter) => {
      const place = projected.indexOf(parameter);
      const offset = place < 0 ? 0 : Math.floor((place * gap) / projected.length);
      const momentum = place < 0 ? vectorMomentum(settings) : {};
      return matricesOf(parameter).map((part) => {
        const projector = "given";
        const asked = { ...defaultOptions, projector, offset, ...settings, ...momentum } as const;
        return new Companion(parameter.name, part, { ...asked, shape: part.shape });
      });
    });
  }

  get label(): string {
    return `${this.name}[${this.matrix}]`;
  }

  get matrix(): number {
    return this.#part.number;
  }

  /** Whether the momentum lives in a subspace. */
  get isProjected(): boolean {
    return isLowDimensional(this.#settings);
  }

  /** Whether both moments do. */
  get isLowRank(): boolean {
    return this.#settings.moment1 === "lowRank";
  }

  /** How far rounding may take the last low-rank step; null where it was skipped. */
  lowRankBounds(): LowRankBounds | null {
    const { taken } = this.oracle;
    if (taken === null) return null;
    const { input, scalars, after } = taken;
    return lowRankBounds(input, stepScalars(scalars), after, "highest");
  }

  /** Whether weight decay is part of the gradient. */
  get isCoupled(): boolean {
    return this.#settings.decayMode === "l2";
  }

  /** The matrix's part of its parameter. */
  part(values: Float64Array): Float64Array {
    return values.subarray(this.#part.begin, this.#part.end);
  }

  /** The matrix's part of a state tensor; undefined where there is no such tensor. */
  state(state: StateDict, key: string): Float64Array | undefined {
    const tensor = `${this.name}.${key}`;
    if (state[tensor] === undefined) return undefined;
    const values = valuesOf(state, tensor);
    const count = values.length / this.#part.of;
    return values.subarray(this.matrix * count, (this.matrix + 1) * count);
  }

  /** Gives the oracle the library's weight and moments. */
  synchronize(param: Float64Array, state: StateDict): void {
    this.oracle.param = this.part(param).slice();
    this.oracle.lastNorm = this.state(state, "last_norm")?.[0] ?? 0;
    for (const [key, own] of this.moments()) {
      const theirs = this.state(state, key);
      if (theirs?.length !== own?.length) {
        throw new Error(`${this.label}.${key} has ${theirs?.length} elements, not ${own?.length}`);
      }
      own?.set(theirs ?? []);
    }
  }

  /** The oracle's moments by the names of the library's. */
  moments(): [key: "exp_avg" | "exp_avg_sq", values: Float64Array | undefined][] {
    const { momentum, secondMoment } = this.oracle;
    return [
      ["exp_avg", momentum ?? undefined],
      ["exp_avg_sq", secondMoment ?? undefined],
    ];
  }

  /** What each element of the last numerator was divided by. */
  denominators(): Float64Array {
    const { shape, moment2, blockRule, betas, eps, biasCorrection } = this.#settings;
    const { secondMoment: v, updates, param } = this.oracle;
    if (v === null) return new Float64Array(param.length).fill(1);
    const rules: Record<typeof moment2, PartitionRule> = {
      none: "tensor",
      scalar: "tensor",
      elementwise: "elementwise",
      subset: this.#settings.partition,
    };
    const { owner } = partition(shape, rules[moment2], blockRule);
    const isCorrected = biasCorrection.second && biasCorrection.mode === "torch" && betas[1] < 1;
    const bc2 = isCorrected ? 1 - betas[1] ** Math.max(updates, 1) : 1;
    return Float64Array.from(owner, (subset) => Math.sqrt((v[subset] as number) / bc2) + eps);
  }
}

function isLowDimensional({ moment1 }: Pick<OracleSettings, "moment1">): boolean {
  return moment1 === "subspace" || moment1 === "lowRank";
}

function isProjected({ shape }: Shape, settings: OracleSettings): boolean {
  return isLowDimensional(settings) && shape.length > 1;
}

/** Vectors have no side to project: their momentum is an ordinary average. */
function vectorMomentum(settings: OracleSettings): OracleSettings {
  return isLowDimensional(settings) ? { moment1: "ema" } : {};
}
