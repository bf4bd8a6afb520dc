import { BASIS_INTERVAL, MAX_GRADIENT_NORM } from "../training/contenders.js";
import {
  batchTests,
  GROWTH_AT_ONCE,
  MOST_GROWTH,
  microBatchOf,
  TEST_INTERVAL,
} from "../training/growing-batches.js";
import { SEQUENCE_LENGTH } from "../training/task.js";
import { formatCount, formatRate } from "./format.js";
import { type Markup, markup } from "./markup.js";
import type { DemoRecord } from "./record.js";
import { table } from "./table.js";

/** All settings, and how and where things were measured. */
export function methodSection(record: DemoRecord): Markup {
  const { facts, machine, framework, minutes } = record;
  return markup`<section><h2>Settings</h2>${table(
    [
      { title: "Setting", cell: ([name]: Setting) => name },
      { title: "Value", cell: ([, value]: Setting) => value },
    ],
    settingsOf(record),
  )}</section>
<section><h2>How it was measured</h2><ul>
<li>Text: ${facts.book}, chapters 1 to 135 and the epilogue. The last tenth, ${formatCount(facts.heldOutTokens)} tokens, was never
trained on, nor seen when the byte-pair encoding of ${facts.vocabulary} tokens was learned.</li>
<li>Losses are mean cross-entropies in nats per token; a token of the tail has ${facts.charactersPerToken.toFixed(2)} characters on
average. The final losses are those of the whole tail.</li>
<li>Times are wall times of this process on ${machine.cpu}, ${machine.cores} cores, ${machine.platform}, Node ${machine.node}. The
models ran on ${framework}.</li>
<li>All of it took ${minutes.toFixed(1)} minutes.</li>
</ul></section>`;
}

type Setting = readonly [name: string, value: string];

/** How batches may grow. */
function growth({ adaptiveBatch, tokens }: DemoRecord["settings"]): string {
  if (adaptiveBatch === undefined) return "";
  const { kind, ...limits } = batchTests[adaptiveBatch];
  const allowed = Object.entries(limits).map(([name, value]) => `${name} ${value}`);
  const micro = microBatchOf(tokens / SEQUENCE_LENGTH);
  return ` at first, ${MOST_GROWTH} times as many at most; micro-batches of ${micro}; test “${kind}”, ${allowed.join(", ")}, every ${TEST_INTERVAL} steps, ${GROWTH_AT_ONCE} times at once at most`;
}

function settingsOf({ settings, facts, results }: DemoRecord): Setting[] {
  const sequences = settings.tokens / SEQUENCE_LENGTH;
  return [
    [
      "Model",
      `${settings.layers} layers of width ${settings.width}, ${facts.heads} heads, SwiGLU of ${facts.hidden}, RMSNorm, rotary positions, untied head`,
    ],
    ["Parameters", formatCount(facts.parameters)],
    ["Batch", `${sequences} sequences of ${SEQUENCE_LENGTH} tokens${growth(settings)}`],
    [
      "Training",
      `${formatCount(settings.steps)} steps, ${formatCount(settings.steps * settings.tokens)} tokens of ${formatCount(facts.trainingTokens)} in the training text`,
    ],
    ["Schedule", "linear warm-up over a tenth of the steps, then a cosine to a tenth of the rate"],
    ["Gradient clipping", `global norm ${MAX_GRADIENT_NORM}`],
    ["Betas, weight decay", "0.9 and 0.999; none"],
    [
      "Learning rates",
      results.map(({ title, learningRate }) => `${title} ${formatRate(learningRate)}`).join(", "),
    ],
    ["Subspace momentum", `rank ${settings.rank}, a new basis every ${BASIS_INTERVAL} steps`],
    [
      "Embedding, gains of norms",
      "AdamW at AdamW's rate with every optimizer: in the paper's experiments, too, only matrices get the others",
    ],
    ["Seed", String(settings.seed)],
  ];
}
