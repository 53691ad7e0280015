// storage/local/local_store.h -- a folder of a mounted file system as an object store.
//
// Objects are regular files. Symbolic links are followed as long as they stay inside of the folder.
// The folder is looked up anew by each call, so that one that is replaced is seen. It may be bound
// to a folder around it: then no link on the way to it, whenever it was made, leads out of that.
#pragma once

#include <memory>
#include <string>

#include "storage/local/beneath.h"
#include "storage/object_store.h"

namespace sluice::storage {

class LocalStore final : public ObjectStore {
 public:
  // `root` is an absolute path; it need not exist yet.
  explicit LocalStore(std::string root) : root_(std::move(root)) {}
  // The folder `beneath` (a key; empty: itself) of `bound`, an absolute path.
  LocalStore(std::string bound, std::string beneath);

  Result<std::vector<ObjectInfo>> List(std::string_view folder,
                                       std::string_view from) const override;
  Result<ObjectInfo> Head(std::string_view key) const override;
  Result<std::string> Read(std::string_view key, ByteCount limit) const override;
  Result<std::string> ReadListed(const ObjectInfo& object, ByteCount limit) const override;
  // The path with all symbolic links resolved.
  Result<LocalCopy> Fetch(const ObjectInfo& object) const override;
  Result<std::string> ReadRange(std::string_view key, Range range) const override;
  Status PutIfAbsent(std::string_view key, std::string_view bytes) const override;
  const UrlSigner* signer() const override { return nullptr; }
  Result<OpenObject> Open(std::string_view key) const override;
  bool lists_from_any_key() const override { return false; }
  size_t parallel_reads() const override { return 1; }
  const std::string& location() const override { return root_; }

 private:
  Result<Fd> OpenFolder() const;
  Result<Fd> OpenFile(std::string_view key, int flags) const;

  std::string root_;
  std::string bound_{};  // empty: not bound
  std::string beneath_{};
};

}  // namespace sluice::storage
