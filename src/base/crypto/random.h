// base/crypto/random.h -- unpredictable bytes as a dependency, so that tests can fix them.
#pragma once

#include <span>
#include <string>

namespace sluice {

class Random {
 public:
  virtual ~Random() = default;
  // Fills `out` with bytes that nobody can predict.
  virtual void Fill(std::span<unsigned char> out) = 0;

  // `count` random bytes.
  std::string Bytes(size_t count);
};

// The operating system's generator, through OpenSSL. Thread-safe.
class SecureRandom final : public Random {
 public:
  void Fill(std::span<unsigned char> out) override;
};

}  // namespace sluice
