// storage/local/local_store.h -- a folder of this machine as an object store.
//
// Keys are resolved by the kernel under the folder (openat2 with RESOLVE_BENEATH), so that neither
// ".." nor a symbolic link leads out of it, whoever changes the folder meanwhile. Only regular
// files are objects.
#pragma once

#include <string>

#include "storage/object_store.h"

namespace sluice::storage {

class LocalStore final : public ObjectStore {
 public:
  // `root` need not exist: it is then an empty store.
  explicit LocalStore(std::string root);

  Result<std::vector<ObjectInfo>> List(std::string_view folder,
                                       std::string_view from) const override;
  Result<ObjectInfo> Head(std::string_view key) const override;
  Result<std::string> Read(std::string_view key, ByteCount limit) const override;
  Result<std::string> ReadRange(std::string_view key, Range range) const override;
  Status PutIfAbsent(std::string_view key, std::string_view bytes) const override;
  const UrlSigner* signer() const override { return nullptr; }
  Result<OpenObject> Open(std::string_view key) const override;
  Result<std::string> EngineUri(std::string_view key) const override;
  const std::string& location() const override { return root_; }

 private:
  std::string root_;  // without a slash at its end
};

}  // namespace sluice::storage
