/** Arrays of the host that a device steps: as they are on the CPU, by way of copies elsewhere. */
import { DeviceBuffer } from "../../device-memory.js";
import { isHost } from "../../devices.js";
import type { WeightArray } from "../../tensor.js";

export class Mirrored<T extends WeightArray> implements Disposable {
  readonly host: T;
  readonly #copy: DeviceBuffer | undefined;

  constructor(device: string, host: T) {
    this.host = host;
    if (isHost(device)) return;
    this.#copy = new DeviceBuffer(device, host.byteLength);
    this.#copy.write(host);
  }

  /** What an optimizer is given. */
  get handle(): T | DeviceBuffer {
    return this.#copy ?? this.host;
  }

  /** Replaces the elements. */
  set(values: T): void {
    this.host.set(values);
    this.#copy?.write(this.host);
  }

  /** Brings the host's array up to date: after `synchronize`. */
  refresh(): T {
    return this.#copy?.read(this.host) ?? this.host;
  }

  [Symbol.dispose](): void {
    this.#copy?.dispose();
  }
}
