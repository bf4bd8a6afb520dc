/**
 * Bases that the caller gives, for parameters whose projector is `given`: which parameters have one,
 * what is wrong with a new one, and how it gets into the state.
 */

import type { BoundArray } from "./bound-arrays.js";
import { readCounters } from "./counters.js";
import { DeviceBuffer } from "./device-memory.js";
import { type DeviceName, isHost } from "./devices.js";
import { LeanError } from "./errors.js";
import type { Layout, PlannedWeight } from "./layout.js";
import { type NativeProgram, scalarNames } from "./native.js";
import { show } from "./options.js";
import type { ParameterNames } from "./parameter-names.js";
import type { BuiltProgram, GivenBasis } from "./program.js";
import { numel } from "./tensor.js";

/** An orthonormal basis, or line numbers: see {@link Optimizer.setBasis}. */
export type Basis = Float32Array | Int32Array;

/** StepScalars that switch a kernel on. */
const alwaysOn = Float32Array.from(scalarNames, (name) =>
  name === "active" || name === "refresh" ? 1 : 0,
);

export class GivenBases {
  readonly #program: NativeProgram;
  readonly #layout: Layout;
  readonly #names: ParameterNames;
  readonly #device: DeviceName;
  /** What an adoption is run with, none of which it reads. */
  readonly #hyper: Float64Array;
  /** By parameter number. */
  readonly #given: ReadonlyMap<number, GivenBasis>;
  readonly #there = new Set<number>();

  constructor(
    program: NativeProgram,
    { given, alwaysSlot, spec }: BuiltProgram,
    layout: Layout,
    names: ParameterNames,
    device: DeviceName,
  ) {
    this.#program = program;
    this.#layout = layout;
    this.#names = names;
    this.#device = device;
    this.#given = given;
    this.#hyper = new Float64Array(spec.hyper);
    if (given.size > 0) this.#lend(alwaysSlot, alwaysOn);
  }

  /**
   * Bases by parameter number, of the right type and length.
   *
   * @throws LeanError ERR_LEAN_UNKNOWN_NAME, ERR_LEAN_UNSUPPORTED, ERR_LEAN_DTYPE, ERR_LEAN_SHAPE
   */
  check(bases: Readonly<Record<string, Basis>>): Map<number, Basis> {
    const checked = new Map<number, Basis>();
    for (const [parameter, basis] of Object.entries(bases)) {
      const index = this.#names.find(parameter);
      requireFit(parameter, basis, this.#given.get(index));
      checked.set(index, basis);
    }
    return checked;
  }

  /** Whether every parameter that is to be given a basis has one. */
  get areThere(): boolean {
    return this.#there.size === this.#given.size;
  }

  /** @throws LeanError for a parameter with a gradient that has no basis, nor one in `coming` */
  requireFor(grads: readonly (BoundArray | null)[], coming?: ReadonlyMap<number, Basis>): void {
    if (this.areThere) return;
    for (const index of this.#given.keys()) {
      if (this.#there.has(index) || coming?.has(index) || grads[index] === null) continue;
      const parameter = this.#names.at(index);
      throw new LeanError("ERR_LEAN_INVALID_ARG", `${parameter} has no basis yet: call setBasis`, {
        parameter,
        value: null,
      });
    }
  }

  /** Gives parameters their checked bases, or none of them where one is refused. */
  adopt(bases: ReadonlyMap<number, Basis>): void {
    const before = [...bases.keys()].flatMap((index) =>
      [...this.#planned(index).state.values()].map(({ offset, bytes }) => ({
        offset,
        data: this.#program.readState(offset, new Uint8Array(bytes)),
      })),
    );
    try {
      for (const [index, basis] of bases) this.#adoptOne(index, basis);
    } catch (error) {
      for (const { offset, data } of before) this.#program.writeState(offset, data);
      throw error;
    }
    for (const index of bases.keys()) this.#there.add(index);
  }

  /** Finds out anew which parameters have a basis, after the state was replaced. */
  recount(): void {
    this.#there.clear();
    for (const index of this.#given.keys()) {
      const counters = readCounters(this.#program, this.#planned(index));
      if (counters.every(({ hasBasis }) => hasBasis > 0)) this.#there.add(index);
    }
  }

  #adoptOne(index: number, basis: Basis): void {
    const { slot, sequence, dtype } = this.#given.get(index) as GivenBasis;
    const before = this.#refusals(index);
    const loan = this.#lend(slot, basis);
    try {
      this.#program.run(sequence, this.#hyper);
      this.#program.synchronize();
    } finally {
      this.#program.bind([slot], [null]);
      loan?.dispose();
    }
    if (this.#refusals(index) === before) return;
    const parameter = this.#names.at(index);
    const what =
      dtype === "int32"
        ? "distinct line numbers, ascending under onRefresh rotate"
        : "orthonormal columns";
    throw new LeanError("ERR_LEAN_INVALID_ARG", `${parameter}: its basis must have ${what}`, {
      parameter,
      value: basis,
    });
  }

  /** Binds an array of the host, by way of a copy where the device cannot reach it. */
  #lend(slot: number, array: Float32Array | Int32Array): DeviceBuffer | undefined {
    if (isHost(this.#device)) {
      this.#program.bind([slot], [array]);
      return undefined;
    }
    const buffer = new DeviceBuffer(this.#device, array.byteLength);
    buffer.write(array);
    this.#program.bind([slot], [buffer]);
    return buffer;
  }

  /** How many bases the kernel has refused, of all matrices of the parameter. */
  #refusals(index: number): number {
    const counters = readCounters(this.#program, this.#planned(index));
    return counters.reduce((sum, { refused }) => sum + refused, 0);
  }

  #planned(index: number): PlannedWeight {
    return this.#layout.weights[index] as PlannedWeight;
  }
}

function requireFit(parameter: string, basis: Basis, given: GivenBasis | undefined): void {
  if (given === undefined) {
    throw new LeanError("ERR_LEAN_UNSUPPORTED", `${parameter}: its projector is not "given"`, {
      parameter,
      value: basis,
    });
  }
  const expected = given.dtype === "int32" ? "Int32Array" : "Float32Array";
  if (Object.prototype.toString.call(basis) !== `[object ${expected}]`) {
    throw new LeanError("ERR_LEAN_DTYPE", `${parameter}: its basis must be a ${expected}`, {
      parameter,
      value: basis,
    });
  }
  if (basis.length !== numel(given.shape)) {
    throw new LeanError(
      "ERR_LEAN_SHAPE",
      `${parameter}: its basis must be ${show(given.shape)}, not ${basis.length} elements`,
      { parameter, value: basis.length },
    );
  }
}
