/** What can go wrong, as stable strings: match on these, not on messages. */
export const errorCodes = [
  /** An argument or option of the wrong type or out of its range. */
  "ERR_LEAN_INVALID_ARG",
  /** A shape or length that does not fit. */
  "ERR_LEAN_SHAPE",
  /** A dtype that is unknown, or not accepted there. */
  "ERR_LEAN_DTYPE",
  /** Two tensors that share memory but must not. */
  "ERR_LEAN_ALIAS",
  /** An array whose memory was transferred or resized, or a device's buffer that was disposed. */
  "ERR_LEAN_DETACHED",
  /** Use after `dispose()`. */
  "ERR_LEAN_DISPOSED",
  /** A call while another one is still running. */
  "ERR_LEAN_BUSY",
  /** An option that does not exist. */
  "ERR_LEAN_UNKNOWN_OPTION",
  /** A name of a parameter, tensor, kernel, ... that does not exist. */
  "ERR_LEAN_UNKNOWN_NAME",
  /** A checkpoint that is damaged, or belongs to something else. */
  "ERR_LEAN_CHECKPOINT",
  /** The file system refused. */
  "ERR_LEAN_IO",
  /** No native addon for this platform could be loaded. */
  "ERR_LEAN_NO_BINARY",
  /** Sound, but not available here: a device, a library, a combination of options. */
  "ERR_LEAN_UNSUPPORTED",
  /** A device or a native library failed. */
  "ERR_LEAN_NATIVE",
  /** No memory left on the device or the host. */
  "ERR_LEAN_OUT_OF_MEMORY",
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** What an error may carry beside its code and message. */
export interface ErrorDetails {
  /** The argument, option or tensor at fault. */
  readonly parameter?: string;
  /** What it was. */
  readonly value?: unknown;
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/** Every error that this library throws. */
export class LeanError extends Error {
  readonly code: ErrorCode;
  declare readonly parameter?: string;
  declare readonly value?: unknown;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.code = code;
    if ("parameter" in details) this.parameter = details.parameter;
    if ("value" in details) this.value = details.value;
  }

  static {
    // On the prototype, as for the language's own errors, so that it is not listed with the details.
    Object.defineProperty(LeanError.prototype, "name", { value: "LeanError", configurable: true });
  }
}
