// api/errors.ts -- what the server refused, as people are told of it.

// `status` 0: nobody answered.
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId?: string,
  ) {
    super(message);
    this.name = "ApiError";
  }

  // Whether the same request may succeed a little later.
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

// The dialect of Unity Catalog says error_code, the sharing protocol errorCode.
export async function readError(response: Response): Promise<ApiError> {
  const requestId = response.headers.get("x-request-id") ?? undefined;
  try {
    const told = (await response.json()) as Record<string, unknown>;
    const code = told.error_code ?? told.errorCode;
    return new ApiError(response.status, String(code ?? ""), String(told.message ?? ""), requestId);
  } catch {
    return new ApiError(response.status, "", "", requestId);
  }
}

export const isNotFound = (error: unknown) => error instanceof ApiError && error.status === 404;
export const isSignedOut = (error: unknown) => error instanceof ApiError && error.status === 401;
