"use strict";
// What ptxas -v says of every kernel, read out of a build's output.

const ENTRY = /Compiling entry function '([^']+)' for '(sm_\w+)'/;
const SPILLS = /(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/;
const REGISTERS = /Used (\d+) registers/;

/** Every kernel for every architecture, in the order of compilation. */
function kernelsIn(output) {
  const kernels = [];
  for (const line of output.split("\n")) {
    const [, name, architecture] = ENTRY.exec(line) ?? [];
    if (name !== undefined) kernels.push({ name, architecture });
    const kernel = kernels.at(-1);
    if (kernel === undefined) continue;
    const [, stack, stores, loads] = SPILLS.exec(line) ?? [];
    // A function that was not inlined is told after the kernel that calls it: its spills count, too.
    if (stack !== undefined) {
      kernel.stackBytes = Math.max(kernel.stackBytes ?? 0, Number(stack));
      kernel.spilledBytes = (kernel.spilledBytes ?? 0) + Number(stores) + Number(loads);
    }
    const [, registers] = REGISTERS.exec(line) ?? [];
    if (registers !== undefined) kernel.registers = Number(registers);
  }
  return kernels;
}

/**
 * What is wrong, as sentences; empty where every kernel was compiled for every architecture
 * ("sm_80") and keeps all it has in registers.
 */
function problemsOf(kernels, architectures) {
  const problems = [];
  const namesFor = (wanted) => kernels.filter(({ architecture }) => architecture === wanted).length;
  const counts = architectures.map(namesFor);
  architectures.forEach((architecture, i) => {
    if (counts[i] === 0) problems.push(`ptxas says nothing of ${architecture}`);
    else if (counts[i] !== Math.max(...counts))
      problems.push(`${architecture} has ${counts[i]} kernels of ${Math.max(...counts)}`);
  });
  for (const { name, architecture, spilledBytes } of kernels) {
    if (spilledBytes === undefined) problems.push(`ptxas says nothing of ${name}'s spills`);
    else if (spilledBytes > 0)
      problems.push(`${name} for ${architecture} spills ${spilledBytes} bytes`);
  }
  return problems;
}

module.exports = { kernelsIn, problemsOf };
