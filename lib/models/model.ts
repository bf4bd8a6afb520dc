/** Models as lists of parameters: names and shapes, no numbers. */

/**
 * What a parameter does in its model, which decides the optimizer it gets in the published runs:
 * weights of linear layers, the output head among them, are what Subset-Norm and Subspace-Momentum
 * are for; embeddings and the rest (norms, biases) keep AdamW.
 */
export type Role = "linear" | "embedding" | "other";

export interface ModelParameter {
  readonly name: string;
  /** Row-major, as PyTorch has it: a linear layer's is outputs × inputs. */
  readonly shape: readonly number[];
  readonly role: Role;
}
