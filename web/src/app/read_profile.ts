// app/read_profile.ts -- what a credential file says. Protocol: Delta Sharing, "Profile File Format".
export interface Profile {
  endpoint: string;
  token: string;
}

export function readProfile(text: string): Profile | undefined {
  try {
    const told = JSON.parse(text) as Record<string, unknown>;
    const { endpoint, bearerToken } = told;
    if (typeof endpoint !== "string" || typeof bearerToken !== "string" || !bearerToken)
      return undefined;
    new URL(endpoint);
    return { endpoint, token: bearerToken };
  } catch {
    return undefined;
  }
}
