#include "catalog/quotas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "catalog/access.h"
#include "catalog/errors.h"

namespace sluice::catalog {
namespace {

struct QuotaKind {
  Kind parent;
  Kind child;
  std::string_view name;
  size_t Quotas::* limit;
};

// By parent, then name.
constexpr auto kQuotas = std::to_array<QuotaKind>({
    {Kind::kMetastore, Kind::kCatalog, "catalog-quota", &Quotas::catalogs},
    {Kind::kMetastore, Kind::kExternalLocation, "external-location-quota",
     &Quotas::external_locations},
    {Kind::kMetastore, Kind::kProvider, "provider-quota", &Quotas::providers},
    {Kind::kMetastore, Kind::kRecipient, "recipient-quota", &Quotas::recipients},
    {Kind::kMetastore, Kind::kShare, "share-quota", &Quotas::shares},
    {Kind::kMetastore, Kind::kStorageCredential, "storage-credential-quota",
     &Quotas::storage_credentials},
    {Kind::kMetastore, Kind::kTable, "table-quota", &Quotas::tables},
    {Kind::kCatalog, Kind::kSchema, "schema-quota", &Quotas::schemas_per_catalog},
    {Kind::kSchema, Kind::kTable, "table-quota", &Quotas::tables_per_schema},
    {Kind::kShare, Kind::kSchema, "schema-quota", &Quotas::schemas_per_share},
    {Kind::kShare, Kind::kTable, "table-quota", &Quotas::tables_per_share},
});

size_t CountIn(const Picture& picture, Kind child, const Securable& parent) {
  if (parent.kind() == Kind::kShare) {
    return static_cast<size_t>(
        std::ranges::count(parent.As<Share>().objects, child, &SharedObject::kind));
  }
  if (parent.kind() == Kind::kMetastore) return picture.Count(child);
  return picture.CountChildren(child, parent.id);
}

std::string NameOf(const Picture& picture, const Securable& parent) {
  return parent.kind() == Kind::kMetastore ? parent.id : picture.FullName(parent);
}

const QuotaKind* FindKind(Kind parent, Kind child) {
  const auto found = std::ranges::find_if(
      kQuotas, [&](const QuotaKind& one) { return one.parent == parent && one.child == child; });
  return found == kQuotas.end() ? nullptr : &*found;
}

Status CheckOne(const Picture& picture, const Quotas& quotas, Kind child, const Securable& parent,
                size_t more) {
  const QuotaKind* kind = FindKind(parent.kind(), child);
  if (kind == nullptr) return {};
  const size_t limit = quotas.*kind->limit;
  const size_t count = CountIn(picture, child, parent);
  if (count + more <= limit) return {};
  return QuotaExceeded({.child = child,
                        .parent = parent.kind(),
                        .parent_name = NameOf(picture, parent),
                        .more = more,
                        .count = count,
                        .limit = limit});
}

QuotaUsage UsageOf(const Picture& picture, const Quotas& quotas, const QuotaKind& kind,
                   const Securable& parent) {
  return {.parent = kind.parent,
          .parent_full_name = NameOf(picture, parent),
          .name = kind.name,
          .count = CountIn(picture, kind.child, parent),
          .limit = quotas.*kind.limit};
}

// Walks parents in the order of their keys, and tells the quotas behind one.
class Walk {
 public:
  using Visit = std::function<bool(std::string_view key, const QuotaUsage&)>;
  Walk(const Picture& picture, const Quotas& quotas, std::string_view after, const Visit& visit)
      : picture_(picture), quotas_(quotas), after_(after), visit_(visit) {}

  void Run() {
    const Securable& metastore = picture_.metastore();
    if (!Tell("1", metastore)) return;
    if (!Children("2", Kind::kCatalog, metastore)) return;
    Children("3", Kind::kShare, metastore);
  }

 private:
  // Below the keys of a parent lie those of its children: no name holds the character between.
  static constexpr char kBetween = '\x1f';

  bool Tell(const std::string& prefix, const Securable& parent) {
    for (const QuotaKind& kind : kQuotas) {
      if (kind.parent != parent.kind()) continue;
      const std::string key = prefix + kBetween + kBetween + std::string(kind.name);
      if (key <= after_) continue;
      if (!visit_(key, UsageOf(picture_, quotas_, kind, parent))) return false;
    }
    return true;
  }

  bool Children(const std::string& prefix, Kind kind, const Securable& parent) {
    bool going = true;
    picture_.VisitChildren(kind, parent.id, {}, [&](const SecurablePtr& child) {
      const std::string below = prefix + kBetween + AsciiLower(child->name);
      going =
          Tell(below, *child) && (kind != Kind::kCatalog || Children(below, Kind::kSchema, *child));
      return going;
    });
    return going;
  }

  const Picture& picture_;
  const Quotas& quotas_;
  const std::string_view after_;
  const Visit& visit_;
};

}  // namespace

Status CheckQuota(const Picture& picture, const Quotas& quotas, Kind child, const Securable& parent,
                  size_t more) {
  TRY(CheckOne(picture, quotas, child, parent, more));
  if (parent.kind() != Kind::kSchema) return {};
  return CheckOne(picture, quotas, child, picture.metastore(), more);
}

Result<QuotaUsage> GetQuota(const Picture& picture, const Quotas& quotas, const Access& access,
                            std::string_view parent_type, std::string_view parent_full_name,
                            std::string_view quota_name) {
  const std::optional<Kind> kind = ParseKind(parent_type);
  if (!kind) {
    return InvalidParameter(fmt::format("'{}' is not a type of securable.", parent_type));
  }
  const auto quota = std::ranges::find_if(kQuotas, [&](const QuotaKind& one) {
    return one.parent == *kind && EqualsIgnoreCase(one.name, quota_name);
  });
  if (quota == kQuotas.end()) {
    return InvalidParameter(
        fmt::format("There is no quota '{}' of a {}.", quota_name, KindWords(*kind)));
  }
  const Securable* parent = picture.FindByName(*kind, parent_full_name);
  if (parent == nullptr) return DoesNotExist(*kind, parent_full_name);
  if (!access.IsMetastoreAdmin()) {
    if (!access.May(Action::kSee, *parent).allowed) return DoesNotExist(*kind, parent_full_name);
    const Decision manages = access.May(Action::kModify, *parent);
    if (!manages.allowed) return Denied(manages);
  }
  return UsageOf(picture, quotas, *quota, *parent);
}

void VisitQuotas(const Picture& picture, const Quotas& quotas, std::string_view after_key,
                 const std::function<bool(std::string_view key, const QuotaUsage&)>& visit) {
  Walk(picture, quotas, after_key, visit).Run();
}

}  // namespace sluice::catalog
