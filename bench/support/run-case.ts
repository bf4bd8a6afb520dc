/** Times one case, its peers and a copy of memory, interleaved. */

import {
  interleave,
  type Measurement,
  type MeasureOptions,
  ratio,
  repeated,
} from "../../lib/cli/measure.js";
import type { BenchCase, Peer } from "./case.js";
import type { Copy } from "./copy.js";
import type { PeerSubject, Peers } from "./peers.js";
import {
  type CaseResult,
  type Comparison,
  rounded,
  roundedQuartiles,
  type Transcription,
} from "./result.js";

export interface Surroundings {
  readonly threads: number;
  readonly options: MeasureOptions;
  readonly copy: Copy;
  /** undefined: none to be had. */
  readonly peers: Peers | undefined;
}

export interface CaseOutcome {
  readonly result: CaseResult;
  readonly transcription?: Transcription;
}

/** What moves less may stay in a cache, where the pace of memory says nothing. */
const CACHED = 8 * 2 ** 20;

type AtLeastTwo = readonly [own: Measurement, copy: Measurement, ...peers: Measurement[]];

interface OpenPeer {
  readonly peer: Peer;
  readonly subject: PeerSubject;
}

function compare(own: Measurement, peer: Peer, measured: Measurement): Comparison {
  const quotient = ratio(own, measured);
  const comparison = {
    peer: peer.name,
    ms: roundedQuartiles(measured.ms),
    ratio: roundedQuartiles(quotient),
  };
  const { atMost } = peer;
  return atMost === undefined
    ? comparison
    : { ...comparison, atMost, met: quotient.median <= atMost };
}

async function transcribed(
  suite: string,
  name: string,
  opened: readonly OpenPeer[],
  measured: readonly Measurement[],
): Promise<Transcription | undefined> {
  const eager = opened.findIndex(({ peer }) => peer.peer.startsWith("eager "));
  const published = opened.findIndex(({ peer }) => peer.peer.startsWith("published "));
  const [ours, theirs] = [opened[eager], opened[published]];
  const [ourTimes, theirTimes] = [measured[eager], measured[published]];
  if (!ours || !theirs || !ourTimes || !theirTimes) return undefined;
  const distance = rounded(await ours.subject.distance(theirs.subject));
  return { suite, name, ratio: roundedQuartiles(ratio(ourTimes, theirTimes)), distance };
}

export async function runCase(
  suite: string,
  { name, bytes, flops, setup, peers = [] }: BenchCase,
  { threads, options, copy, peers: process }: Surroundings,
): Promise<CaseOutcome> {
  const opened: OpenPeer[] = [];
  for (const peer of peers) {
    if (process?.has(peer)) opened.push({ peer, subject: await process.open(peer) });
  }
  const own = setup(threads);
  try {
    const { measurements, rounds } = await interleave(
      [repeated("lean-optim", () => own.run()), copy, ...opened.map(({ subject }) => subject)],
      options,
    );
    const [ownTimes, copyTimes, ...peerTimes] = measurements as AtLeastTwo;
    const seconds = ownTimes.ms.median / 1e3;
    const pace = bytes / seconds;
    const copyPace = copy.bytes / (copyTimes.ms.median / 1e3);
    const result: CaseResult = {
      suite,
      name,
      rounds: { ...rounds, waited: rounded(rounds.waited) },
      ms: roundedQuartiles(ownTimes.ms),
      ...(bytes > 0 && {
        gbPerSecond: rounded(pace / 1e9),
      }),
      ...(bytes > CACHED && { percentOfCopy: rounded((100 * pace) / copyPace) }),
      ...(flops > 0 && { gflopPerSecond: rounded(flops / seconds / 1e9) }),
      against: opened.map(({ peer }, index) =>
        compare(ownTimes, peer, peerTimes[index] as Measurement),
      ),
    };
    const transcription = await transcribed(suite, name, opened, peerTimes);
    return transcription ? { result, transcription } : { result };
  } finally {
    own.dispose?.();
    for (const { subject } of opened) await subject.close();
  }
}
