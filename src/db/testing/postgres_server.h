// db/testing/postgres_server.h -- a PostgreSQL of the test program's own.
//
// It listens on a socket in a temporary folder only, and ends with the program, however that ends.
// As root it runs as the user postgres: PostgreSQL refuses to be root.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace sluice::db::testing {

class PostgresServer {
 public:
  // Empty: none is installed, and tests of it are skipped.
  static std::string Binaries() {
    std::string newest;
    std::error_code missing;
    for (const auto& one : std::filesystem::directory_iterator("/usr/lib/postgresql", missing)) {
      const std::string folder = one.path() / "bin";
      if (std::filesystem::exists(folder + "/initdb") && folder > newest) newest = folder;
    }
    return newest;
  }

  // One for all tests of the program; started when it is first asked for.
  static PostgresServer& Running() {
    static PostgresServer server;
    return server;
  }

  PostgresServer() {
    std::string name = "/tmp/sluice-pg-XXXXXX";  // short: sockets' names are
    folder_ = ::mkdtemp(name.data());
    if (::getuid() == 0) {
      const passwd* user = ::getpwnam("postgres");
      if (user == nullptr) throw std::runtime_error("no user postgres");
      user_ = user->pw_uid;
      group_ = user->pw_gid;
      if (::chown(folder_.c_str(), user_, group_) != 0) throw std::runtime_error("no chown");
    }
    const pid_t made = Spawn({Binaries() + "/initdb", "--pgdata=" + Data(), "--username=sluice",
                              "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"});
    int status = 0;
    ::waitpid(made, &status, 0);
    if (status != 0) throw std::runtime_error("initdb failed: see " + folder_ + "/log");
    Start();
  }
  ~PostgresServer() {
    Kill();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void Start() {
    // Nothing here outlives the program, let alone a power cut.
    pid_ = Spawn({Binaries() + "/postgres", "-D", Data(), "-k", folder_, "-h", "", "-c",
                  "fsync=off", "-c", "client_min_messages=warning"});
    while (PQping(Url("postgres").c_str()) != PQPING_OK) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        throw std::runtime_error("postgres ended: see " + folder_ + "/log");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  // As a crash of it.
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGQUIT);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
  }

  std::string Url(const std::string& database) const {
    return "postgresql:///" + database + "?host=" + folder_ + "&user=sluice";
  }

  // An empty place for tables; its URL.
  std::string NewSchema() {
    const std::string name = "s" + std::to_string(++schemas_);
    Execute("CREATE SCHEMA " + name);
    return Url("postgres") + "&options=-csearch_path%3D" + name;
  }

  // As the operator does it, beside ours.
  void Execute(const std::string& sql) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
        PQconnectdb(Url("postgres").c_str()), &PQfinish);
    PQclear(PQexec(connection.get(), sql.c_str()));
    const std::string failure = PQerrorMessage(connection.get());
    if (!failure.empty()) throw std::runtime_error(failure);
  }
  // Ends all connections; who had one sees it when it is used next.
  void Disconnect() {
    Execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
  }

 private:
  std::string Data() const { return folder_ + "/data"; }

  pid_t Spawn(const std::vector<std::string>& words) const {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    const std::string log = folder_ + "/log";
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    if (user_ != 0 &&
        (::setgroups(0, nullptr) != 0 || ::setgid(group_) != 0 || ::setuid(user_) != 0)) {
      ::_exit(98);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after setuid, which forgets it
    if (::getppid() != parent || ::chdir("/") != 0) ::_exit(97);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(file, STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(96);
  }

  std::string folder_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  pid_t pid_ = 0;
  int schemas_ = 0;
};

}  // namespace sluice::db::testing
