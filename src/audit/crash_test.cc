// Kills a process that appends with several threads, again and again: what Append promised is
// there.
//
// SLUICE_AUDIT_CRASH_ROUNDS: how often (20).
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <random>
#include <thread>

#include "audit/event_json.h"
#include "audit/file_log.h"
#include "audit/testing/temp_folder.h"
#include "audit/verify.h"
#include "base/testing/matchers.h"

namespace sluice::audit {
namespace {

using ::sluice::testing::IsOk;

constexpr size_t kThreads = 4;

// What the process that is killed leaves behind in memory.
struct Survivor {
  std::array<std::atomic<int>, kThreads> acknowledged;  // events of each thread
  std::atomic<int> total;
  // The anchor, written by one thread; the count is odd while it is.
  std::atomic<int> anchor_writes;
  Head anchor;
  Head anchor_before;
};

class SharedAnchors final : public AnchorStore {
 public:
  explicit SharedAnchors(Survivor& survivor) : survivor_(survivor) {}
  // A database keeps the old row if it is killed while it writes the new one.
  Result<std::optional<Head>> Load() override {
    const bool whole = survivor_.anchor_writes % 2 == 0;
    const Head head = whole ? survivor_.anchor : survivor_.anchor_before;
    if (!whole) {
      survivor_.anchor = head;
      ++survivor_.anchor_writes;
    }
    return head.sequence == 0 ? std::nullopt : std::optional(head);
  }
  Status Save(const Head& head, TimePoint /*now*/) override {
    survivor_.anchor_before = survivor_.anchor;
    ++survivor_.anchor_writes;
    survivor_.anchor = head;
    ++survivor_.anchor_writes;
    return {};
  }

 private:
  Survivor& survivor_;
};

class CrashTest : public ::testing::Test {
 protected:
  CrashTest()
      : survivor_(new(::mmap(nullptr, sizeof(Survivor), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Survivor{}),
        anchors_(*survivor_) {}
  ~CrashTest() override { ::munmap(survivor_, sizeof(Survivor)); }

  // In the process that will be killed.
  [[noreturn]] void AppendForever(const std::string& folder) {
    auto log = FileLog::Open({.folder = folder, .segment_size = KiB(64)}, clock_, &anchors_);
    if (!log.has_value()) ::_exit(1);
    std::vector<std::thread> threads;
    for (size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        while (true) {
          const int number = survivor_->acknowledged[t] + 1;
          Event event;
          event.action = "thread" + std::to_string(t);
          event.request_id = std::to_string(number);
          event.user_agent = std::string(static_cast<size_t>(number) * 37 % 900, 'x');
          if (!(*log)->Append(event, t == 0 ? Sync::kNow : Sync::kSoon)) ::_exit(2);
          survivor_->acknowledged[t] = number;
          ++survivor_->total;
        }
      });
    }
    while (true) {
      if (!(*log)->Anchor()) ::_exit(3);
      std::this_thread::yield();
    }
  }

  void KillOneAfter(const std::string& folder, int events) {
    survivor_->total = 0;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) AppendForever(folder);
    int status = 0;
    pid_t ended = 0;
    while (survivor_->total < events && ended == 0) {
      std::this_thread::yield();
      ended = ::waitpid(child, &status, WNOHANG);
    }
    if (ended == 0) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
    }
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << status;
  }

  // Every event that a thread was told of is there once, in order; at most one more of each.
  void ExpectAcknowledged(const testing::TempFolder& folder) {
    std::array<int, kThreads> seen{};
    for (const auto& segment : folder.Segments()) {
      for (const std::string& line : folder.Lines(segment)) {
        const auto event = ParseEvent(line);
        if (!event || !event->action.starts_with("thread")) continue;
        const auto t = static_cast<size_t>(event->action.back() - '0');
        ASSERT_EQ(event->request_id, std::to_string(++seen[t]));
      }
    }
    for (size_t t = 0; t < kThreads; ++t) {
      EXPECT_GE(seen[t], survivor_->acknowledged[t]);
      EXPECT_LE(seen[t], survivor_->acknowledged[t] + 1);
      survivor_->acknowledged[t] = seen[t];
    }
  }

  Survivor* const survivor_;
  SharedAnchors anchors_;
  SystemClock clock_;
};

TEST_F(CrashTest, NothingThatWasAcknowledgedIsLost) {
  const char* asked = std::getenv("SLUICE_AUDIT_CRASH_ROUNDS");
  const int rounds = asked != nullptr ? std::atoi(asked) : 20;
  std::mt19937 random(std::random_device{}());
  std::unique_ptr<testing::TempFolder> folder;
  int killed_in_a_line = 0;
  for (int round = 0; round < rounds && !HasFailure(); ++round) {
    if (round % 10 == 0) {
      folder = std::make_unique<testing::TempFolder>();
      std::memset(static_cast<void*>(survivor_), 0, sizeof(Survivor));
    }
    ASSERT_NO_FATAL_FAILURE(
        KillOneAfter(folder->log(), std::uniform_int_distribution(1, 400)(random)));
    const auto found = Verify(folder->log(), *anchors_.Load());
    ASSERT_THAT(found, IsOk());
    ASSERT_FALSE(found->broken) << "round " << round << ": " << found->broken->file << " line "
                                << found->broken->line << ": " << found->broken->what;
    killed_in_a_line += found->unfinished > 0 ? 1 : 0;
    // What was cut off is recorded; the chain goes on.
    ASSERT_THAT(FileLog::Open({.folder = folder->log()}, clock_, &anchors_), IsOk());
    EXPECT_EQ(Verify(folder->log(), *anchors_.Load())->unfinished, 0U);
    ExpectAcknowledged(*folder);
    if (round % 100 == 99) std::fprintf(stderr, "%d rounds\n", round + 1);
  }
  std::printf("%d rounds, %d killed within a line\n", rounds, killed_in_a_line);
}

}  // namespace
}  // namespace sluice::audit
