/**
 * What the adapter needs of TensorFlow.js, as structural types. The caller passes its own `tf`
 * (the whole package or `@tensorflow/tfjs-core`), so there is one engine and one registry of
 * variables, and nothing of tfjs is imported here.
 */

/** A tfjs namespace as callers see it: anything that has tfjs's optimizers. */
export interface TfNamespace {
  /** Abstract in tfjs, without constructor arguments. */
  readonly Optimizer: abstract new () => object;
}

/** The members of the namespace that the adapter calls. */
export interface Tf {
  readonly Optimizer: abstract new () => TfOptimizerBase;
  readonly serialization: { registerClass(optimizerClass: object): void };
  getBackend(): string;
  backend(): { refCount?(dataId: object): number };
  engine(): { readonly registeredVariables: { readonly [name: string]: TfVariable | undefined } };
  tensor(values: Float32Array | Int32Array, shape: number[], dtype: TfStateDtype): TfTensor;
  variable(initial: TfTensor, trainable: boolean, name: string, dtype: TfStateDtype): TfVariable;
}

/** The dtypes of tfjs that hold an optimizer's state. */
export type TfStateDtype = "float32" | "int32";

export interface TfTensor {
  readonly shape: number[];
  readonly size: number;
  readonly dtype: string;
  /** The key of the tensor's storage; clones and reshapes share it. */
  readonly dataId: object;
  dataSync(): unknown;
  data(): Promise<unknown>;
  dispose(): void;
}

export interface TfVariable extends TfTensor {
  readonly name: string;
  readonly isDisposed: boolean;
  assign(value: TfTensor): void;
}

export interface TfNamedTensor {
  readonly name: string;
  readonly tensor: TfTensor;
}

/** Gradients by the names of their variables, in either of the forms that tfjs passes. */
export type TfGradients =
  | { readonly [name: string]: TfTensor | null }
  | readonly { readonly name: string; readonly tensor: TfTensor | null }[];

/** The members of tf.Optimizer that the adapter builds upon. */
export interface TfOptimizerBase {
  dispose(): void;
  incrementIterations(): void;
  saveIterations(): Promise<TfNamedTensor>;
  extractIterations(weights: TfNamedTensor[]): Promise<TfNamedTensor[]>;
}
