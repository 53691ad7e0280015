#include "audit/anchor.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace sluice::audit {
namespace {

std::unexpected<Error> BadRow() {
  return Fail(Code::kCorrupt, "the anchor of the audit log in the database cannot be read");
}

// The digest as base64url: DecodeBase64Url is what base reads text back with.
Result<Head> ReadHead(const db::Row& row) {
  const int64_t sequence = TRY(db::Int(row, 0));
  const std::string hash = TRY(DecodeBase64Url(TRY(db::Text(row, 1))));
  Head head;
  if (sequence <= 0 || hash.size() != head.hash.size()) return BadRow();
  head.sequence = static_cast<uint64_t>(sequence);
  std::ranges::transform(hash, head.hash.begin(),
                         [](char c) { return static_cast<unsigned char>(c); });
  return head;
}

}  // namespace

std::span<const db::Migration> Migrations() {
  static const std::array<db::Migration, 2> kMigrations = {
      {{"audit",
        {"CREATE TABLE audit_anchors (log TEXT PRIMARY KEY, sequence INTEGER NOT NULL, "
         "hash TEXT NOT NULL, anchored_at INTEGER NOT NULL)"}},
       {"noted events",
        {"CREATE TABLE audit_noted (id TEXT PRIMARY KEY, noted_at INTEGER NOT NULL, "
         "event TEXT NOT NULL)"}}}};
  return kMigrations;
}

Result<std::optional<Head>> DatabaseAnchors::Load() {
  std::optional<Head> head;
  TRY(database_.Read([&](db::Session& session) -> Status {
    return session.Query("SELECT sequence, hash FROM audit_anchors WHERE log = :log", {log_},
                         [&](const db::Row& row) -> Status {
                           head = TRY(ReadHead(row));
                           return {};
                         });
  }));
  return head;
}

Status DatabaseAnchors::Save(const Head& head, TimePoint now) {
  return database_.Write([&](db::Session& session) -> Status {
    TRY(
        session.Run("INSERT INTO audit_anchors (log, sequence, hash, anchored_at) "
                    "VALUES (:log, :sequence, :hash, :at) ON CONFLICT (log) DO UPDATE SET "
                    "sequence = excluded.sequence, hash = excluded.hash, "
                    "anchored_at = excluded.anchored_at",
                    {log_, static_cast<int64_t>(head.sequence), Base64Url(crypto::View(head.hash)),
                     ToUnixMillis(now)}));
    return {};
  });
}

}  // namespace sluice::audit
