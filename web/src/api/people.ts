// api/people.ts -- users, groups and service principals (SCIM).
import { queryOptions } from "@tanstack/react-query";
import { api, body } from "./client";
import type { components } from "./unity.gen";

type Schemas = components["schemas"];
export type User = Schemas["User"];
export type Group = Schemas["Group"];
export type ServicePrincipal = Schemas["ServicePrincipal"];

const kPageSize = 500;

// SCIM counts from one, and says how many there are in all.
async function allResources<T>(
  fetchPage: (startIndex: number) => Promise<{ Resources?: T[]; totalResults?: number }>,
): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const page = await fetchPage(items.length + 1);
    const some = page.Resources ?? [];
    items.push(...some);
    if (some.length === 0 || items.length >= (page.totalResults ?? 0)) return items;
  }
}

const query = (startIndex: number) => ({ params: { query: { startIndex, count: kPageSize } } });

const listUsers = () =>
  allResources<User>((at) => body(api.GET("/api/2.0/preview/scim/v2/Users", query(at))));
const listGroups = () =>
  allResources<Group>((at) => body(api.GET("/api/2.0/preview/scim/v2/Groups", query(at))));
const listServicePrincipals = () =>
  allResources<ServicePrincipal>((at) =>
    body(api.GET("/api/2.0/preview/scim/v2/ServicePrincipals", query(at))),
  );

export const usersQuery = queryOptions({ queryKey: ["users"], queryFn: listUsers });
export const groupsQuery = queryOptions({ queryKey: ["groups"], queryFn: listGroups });
export const servicePrincipalsQuery = queryOptions({
  queryKey: ["servicePrincipals"],
  queryFn: listServicePrincipals,
});

// As grants name them.
export const principalNamesQuery = queryOptions({
  queryKey: ["users", "names"],
  staleTime: 60_000,
  retry: false,
  queryFn: async () => {
    const [users, groups, services] = await Promise.all([
      listUsers(),
      listGroups(),
      listServicePrincipals(),
    ]);
    const names = [
      ...users.map((user) => user.userName),
      ...groups.map((group) => group.displayName),
      ...services.map((service) => service.applicationId),
    ];
    return [...new Set(names.filter((name) => name !== undefined))].sort();
  },
});
