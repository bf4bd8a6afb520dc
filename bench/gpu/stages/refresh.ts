/** A new basis by our kernels and by torch.linalg: how long it takes, and what it captures. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { interleave, repeated } from "../../../lib/cli/measure.js";
import { Mirrored } from "../../../lib/cli/verify/mirrored.js";
import { adamSNSM, Optimizer } from "../../../lib/index.js";
import { describeKernels, describeNative, type KernelName } from "../../../lib/native.js";
import { bindKernel } from "../../../lib/run-kernel.js";
import { tensor } from "../../support/data.js";
import { basis, type Item, momentum, stepCounters, stepScalars } from "../../support/kernel.js";
import { Peers } from "../../support/peers.js";
import { roundedQuartiles } from "../../support/result.js";
import { powerLawGradient } from "../spectrum.js";
import { type Job, rounded, type Stage, type Surroundings } from "../stage.js";

interface Size {
  readonly n: number;
  readonly rank: number;
}

const sizes: readonly Size[] = [
  { n: 512, rank: 128 },
  { n: 1024, rank: 256 },
  { n: 2048, rank: 512 },
  { n: 4096, rank: 1024 },
];
const tiny: readonly Size[] = [{ n: 32, rank: 8 }];

const timing = { samples: 7, warmup: 1, sampleMs: 50, settleMs: 0, patience: 0 };
const timingOfRehearsal = { ...timing, samples: 2, sampleMs: 1 };
const beta = 0.9;

/** The gradient of a size, made once: in memory for us, in a file for PyTorch. */
class Gradients {
  readonly #folder = mkdtempSync(join(tmpdir(), "lean-optim-"));
  #n = 0;
  #values: Float32Array = new Float32Array(0);

  values(n: number): Float32Array {
    if (this.#n !== n) {
      this.#values = powerLawGradient(n);
      this.#n = n;
      writeFileSync(this.file(n), this.#values);
    }
    return this.#values;
  }

  file(n: number): string {
    return join(this.#folder, `${n}.f32`);
  }

  free(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What one kernel is given to find a basis. */
function itemOf({ n, rank }: Size, gradient: Float32Array, choices: Item): Item {
  return {
    grad: tensor(gradient, [n, n]),
    basis: basis(n, rank),
    expAvg: momentum([n, rank]),
    counters: stepCounters(),
    scalars: stepScalars({ refresh: 1 }),
    side: "right",
    ...choices,
  };
}

async function timeKernel(
  kernel: KernelName,
  item: Item,
  { device, isRehearsal }: Surroundings,
): Promise<object> {
  using program = bindKernel(device, kernel, [item]);
  const subject = repeated(kernel, () => {
    program.run();
    program.wait();
  });
  const options = isRehearsal ? timingOfRehearsal : timing;
  const { measurements } = await interleave([subject], options);
  const [{ ms }] = measurements as [(typeof measurements)[number]];
  return { ms: roundedQuartiles(ms), median: rounded(ms.median) };
}

/**
 * Share of the gradient's energy that a first basis captures, without a product on the host: one
 * step's momentum is (1 − beta)·G·P.
 */
function energyOf(
  { n, rank }: Size,
  gradient: Float32Array,
  projector: "powerIteration" | { kind: "svd"; method?: "gram" | "full" },
  device: string,
): number {
  const data = new Mirrored(device, new Float32Array(n * n));
  const grad = new Mirrored(device, gradient);
  const of = { shape: [n, n], dtype: "float32" } as const;
  const params = [{ name: "w", data: data.handle, grad: grad.handle, ...of }];
  const recipe = adamSNSM({ lr: 0, rank, projector, betas: [beta, 0.999] });
  using optimizer = new Optimizer([{ params, optimizer: recipe }], {
    device,
    precision: "highest",
  });
  optimizer.step();
  const { data: projected } = optimizer.stateDict()["w.exp_avg"] as { data: Float32Array };
  data[Symbol.dispose]();
  grad[Symbol.dispose]();
  return squares(projected) / (1 - beta) ** 2 / squares(gradient);
}

function squares(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

function ourJobs(size: Size, gradients: Gradients, surroundings: Surroundings): Job[] {
  const { device } = surroundings;
  const kernels = describeNative(device).devices.find(({ name }) => name === device)?.kernels ?? [];
  const lacking = { skipped: `the device ${device} does not have the kernel svdBasis` };
  const name = `${size.n}x${size.n} rank ${size.rank}`;
  const ours = { n: size.n, rank: size.rank, ours: true };
  const warm: Job = {
    key: `${name} powerIteration, 2 passes`,
    async run() {
      const item = itemOf(size, gradients.values(size.n), {});
      return { ...ours, ...(await timeKernel("powerIteration", item, surroundings)) };
    },
  };
  const cold: Job = {
    key: `${name} powerIteration, 3 passes from noise`,
    async run() {
      const gradient = gradients.values(size.n);
      const item = itemOf(size, gradient, { warmPasses: 3 });
      const energy = energyOf(size, gradient, "powerIteration", device);
      return { ...ours, ...(await timeKernel("powerIteration", item, surroundings)), energy };
    },
  };
  const methods =
    describeKernels()
      .find(({ name: kernel }) => kernel === "svdBasis")
      ?.fields.find((field) => field.name === "method")?.choices ?? [];
  const exact = methods.map(
    (method): Job => ({
      key: `${name} svd, ${method}`,
      async run() {
        if (!kernels.includes("svdBasis")) return lacking;
        const gradient = gradients.values(size.n);
        const item = itemOf(size, gradient, { method });
        const projector = { kind: "svd", method: method as "gram" } as const;
        const energy = energyOf(size, gradient, projector, device);
        return { ...ours, ...(await timeKernel("svdBasis", item, surroundings)), energy };
      },
    }),
  );
  return [warm, cold, ...exact];
}

/** PyTorch's, each driver of cuSOLVER's that it offers; on a CPU there is none to choose. */
function theirJobs(size: Size, gradients: Gradients, peers: Peers | string, isCpu: boolean): Job[] {
  const drivers = isCpu ? [null] : [null, "gesvd", "gesvdj", "gesvda"];
  const requests = [
    ...drivers.map((driver) => ({ method: "svd", driver })),
    { method: "eigh", driver: null },
  ];
  return requests.map(({ method, driver }) => ({
    key: `${size.n}x${size.n} rank ${size.rank} torch.linalg.${method}${driver ? `, ${driver}` : ""}`,
    async run() {
      if (typeof peers === "string") return { skipped: peers };
      gradients.values(size.n);
      const { n, rank } = size;
      const device = isCpu ? "cpu" : "cuda";
      const request = { file: gradients.file(n), n, rank, method, driver, device };
      const { ms, energy, samples } = await peers.basis(request);
      return { n, rank, ours: false, median: rounded(ms), samples, energy };
    },
  }));
}

export const refresh: Stage = {
  name: "refresh",
  async open(surroundings) {
    const { isRehearsal } = surroundings;
    const gradients = new Gradients();
    const started = await Peers.start(isRehearsal ? 1 : 8);
    const sees = typeof started === "string" || isRehearsal || started.about.gpu !== null;
    const peers = sees ? started : "PyTorch sees no GPU";
    const jobs = (isRehearsal ? tiny : sizes).flatMap((size) => [
      ...ourJobs(size, gradients, surroundings),
      ...theirJobs(size, gradients, peers, isRehearsal),
    ]);
    return {
      about: {
        gradient: "singular values i^-0.6, noise of half their norm",
        peers: typeof started === "string" ? started : started.about,
      },
      jobs,
      close() {
        gradients.free();
        if (typeof started !== "string") started.stop();
      },
    };
  },
};
