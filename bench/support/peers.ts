/** The Python process in bench/peers, spoken to in JSON lines. */

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Subject } from "../../lib/cli/measure.js";
import type { Peer } from "./case.js";
import { benchFolder } from "./paths.js";

const OLDEST_TORCH = [2, 4] as const;

export interface PeersAbout {
  readonly python: string;
  readonly torch: string;
  readonly isa: string;
  readonly threads: number;
  /** Whether the published optimizers can be run too (LEAN_OPTIM_SNSM). */
  readonly published: boolean;
  /** The GPU that PyTorch sees, and the CUDA it was built with. */
  readonly gpu: string | null;
  readonly cuda: string | null;
  /** The same of LDAdam (LEAN_OPTIM_LDADAM). */
  readonly ldadam: boolean;
}

export interface PeerSubject extends Subject {
  /** Relative distance of the parameters from another's, after equally many steps of both. */
  distance(other: PeerSubject): Promise<number>;
  close(): Promise<void>;
}

interface OpenSubject extends PeerSubject {
  readonly id: number;
}

type Answer = Record<string, unknown>;

export class Peers {
  about!: PeersAbout;
  private readonly child: ChildProcess;
  private readonly waiting: ((line: string) => void)[] = [];

  private constructor(child: ChildProcess) {
    this.child = child;
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on("line", (line) => this.waiting.shift()?.(line));
    lines.on("close", () => {
      for (const answer of this.waiting.splice(0)) answer('{"error": "the peer process ended"}');
    });
  }

  /** The peers, or the reason why there are none. */
  static async start(threads: number): Promise<Peers | string> {
    const python = process.env.LEAN_OPTIM_PYTHON ?? "python3";
    const count = String(threads);
    const child = spawn(python, [join(benchFolder(), "peers", "serve.py")], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, OMP_NUM_THREADS: count, MKL_NUM_THREADS: count },
    });
    const failed = new Promise<string>((resolve) => {
      let complaint = "";
      child.stderr.on("data", (data: Buffer) => {
        complaint = (complaint + data.toString()).slice(-2000);
      });
      child.on("error", (error) => resolve(error.message));
      child.on("close", () => resolve(complaint.trim().split("\n").at(-1) ?? ""));
    });
    child.stdin.on("error", () => {}); // told by `failed`
    const peers = new Peers(child);
    try {
      peers.about = (await peers.ask({ op: "about", threads })) as unknown as PeersAbout;
    } catch {
      return `${python}: ${await failed} (LEAN_OPTIM_PYTHON names another Python)`;
    }
    if (!isRecent(peers.about.torch)) {
      peers.stop();
      return `${python} has torch ${peers.about.torch}; ${OLDEST_TORCH.join(".")} or later is needed`;
    }
    return peers;
  }

  async open(peer: Peer): Promise<PeerSubject> {
    const { case: id } = await this.ask({
      op: "open",
      peer: peer.peer,
      shapes: peer.shapes,
      dtype: peer.dtype,
      arguments: peer.arguments,
      device: peer.device ?? "cpu",
    });
    const subject: OpenSubject = {
      id: id as number,
      name: peer.name,
      time: async (steps) => (await this.ask({ op: "sample", case: id, steps })).ms as number,
      distance: async (other) => {
        const request = { op: "distance", case: id, other: (other as OpenSubject).id };
        return (await this.ask(request)).distance as number;
      },
      close: async () => {
        await this.ask({ op: "close", case: id });
      },
    };
    return subject;
  }

  /** A basis by PyTorch's own factorizations: see bench/peers/bases.py. */
  async basis(request: object): Promise<{ ms: number; energy: number; samples: number }> {
    const answer = await this.ask({ op: "basis", ...request });
    return answer as unknown as { ms: number; energy: number; samples: number };
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Whether this peer can be run here. */
  has(peer: Peer): boolean {
    if (peer.peer === "published LDAdam") return this.about.ldadam;
    return this.about.published || !peer.peer.startsWith("published ");
  }

  stop(): void {
    this.child.stdin?.end();
  }

  private async ask(request: object): Promise<Answer> {
    const line = await new Promise<string>((resolve) => {
      this.waiting.push(resolve);
      this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
    const answer = JSON.parse(line) as Answer;
    if (typeof answer.error === "string") throw new Error(`peer: ${answer.error}`);
    return answer;
  }
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST_TORCH[0] || (major === OLDEST_TORCH[0] && minor >= OLDEST_TORCH[1]);
}
