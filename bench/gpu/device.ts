/** What a GPU's numbers were measured on: its name, driver and clocks, and the build. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../lib/index.js";
import { describeNative } from "../../lib/native.js";
import { packageRoot } from "../../lib/package-root.js";

export interface Clocks {
  /** MHz: now, and the highest there is. */
  readonly sm: string;
  readonly smHighest: string;
  readonly memory: string;
  readonly temperature: string;
  readonly powerLimit: string;
  /** Why clocks are lower than asked for, as a mask of bits; 0: they are not. */
  readonly throttled: string;
}

export interface DeviceAbout {
  readonly name: string;
  readonly driver: string | null;
  readonly memory: string | null;
  /** The library's name of it: "cuda/sm_90". */
  readonly kind: string;
  /** Version and commit of what ran. */
  readonly build: string;
  /** Before the stage; null without nvidia-smi. */
  readonly clocks: Clocks | null;
  readonly clocksAfter?: Clocks | null;
}

function nvidiaSmi(...fields: string[]): string[] | undefined {
  const query = [`--query-gpu=${fields.join(",")}`, "--format=csv,noheader", "--id=0"];
  const { status, stdout } = spawnSync("nvidia-smi", query, { encoding: "utf8" });
  if (status !== 0) return undefined;
  const values = stdout.trim().split(", ");
  return values.length === fields.length ? values : undefined;
}

function clocks(): Clocks | null {
  const found = nvidiaSmi(
    "clocks.sm",
    "clocks.max.sm",
    "clocks.mem",
    "temperature.gpu",
    "power.limit",
    "clocks_throttle_reasons.active",
  );
  if (found === undefined) return null;
  const [sm, smHighest, memory, temperature, powerLimit, throttled] = found as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return { sm, smHighest, memory, temperature, powerLimit, throttled };
}

/** Version and, in a kit, what scripts/gpu-kit.mjs wrote of the commit it packed. */
function build(): string {
  const file = join(packageRoot(), "kit.json");
  const commit = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).commit : "checkout";
  return `${version} ${commit}`;
}

export function describeDevice(device: string): DeviceAbout {
  const kind = describeNative(device).devices.find(({ name }) => name === device)?.kind ?? "none";
  const isGpu = device === "cuda";
  const [name, driver, memory] = (isGpu && nvidiaSmi("name", "driver_version", "memory.total")) || [
    device,
    null,
    null,
  ];
  return {
    name: name as string,
    driver: driver as string | null,
    memory: memory as string | null,
    kind,
    build: build(),
    clocks: isGpu ? clocks() : null,
  };
}
