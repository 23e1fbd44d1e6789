/**
 * Owns: the refusal that every layer throws and the two wire shapes it takes (XML for Blob, JSON for Table).
 * Codes and messages follow "Common REST API Error Codes" and its Blob and Table siblings in Azure's reference.
 */
export class StorageError extends Error {
  constructor(
    /** HTTP status. */
    readonly status: number,
    /** Azure's error code, as clients compare it. */
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = "StorageError";
  }
}

/** 501 for a part of the protocol that this storage does not serve; `what` names it. */
export function notServed(what: string): StorageError {
  return new StorageError(501, "NotImplemented", `The local storage does not serve ${what}.`);
}

/** 500; `reason` is a whole sentence. */
export function internalError(reason = "Please retry the request."): StorageError {
  return new StorageError(500, "InternalError", `The server encountered an internal error. ${reason}`);
}

export function invalidInput(message: string): StorageError {
  return new StorageError(400, "InvalidInput", message);
}

export function missingHeader(name: string): StorageError {
  return new StorageError(
    400,
    "MissingRequiredHeader",
    `An HTTP header that's mandatory for this request is not specified: ${name}.`,
  );
}

export function invalidHeader(name: string, value: string): StorageError {
  return new StorageError(
    400,
    "InvalidHeaderValue",
    `The value for one of the HTTP headers is not in the correct format: ${name} is "${value}".`,
  );
}

export function invalidQueryValue(name: string, value: string): StorageError {
  return new StorageError(
    400,
    "InvalidQueryParameterValue",
    `Value for one of the query parameters specified in the request URI is invalid: ${name} is "${value}".`,
  );
}

export function authenticationFailed(detail: string): StorageError {
  return new StorageError(
    403,
    "AuthenticationFailed",
    `Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature. ${detail}`,
  );
}

export function permissionMismatch(): StorageError {
  return new StorageError(
    403,
    "AuthorizationPermissionMismatch",
    "This request is not authorized to perform this operation using this permission.",
  );
}
