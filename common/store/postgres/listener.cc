// LISTEN on a connection of its own, woken by NOTIFY, by Interrupt or by time.
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "common/base/log.h"
#include "common/base/status.h"
#include "common/store/postgres/migrate.h"
#include "common/store/postgres/postgres_store.h"

namespace windrow::store::postgres {
namespace {

constexpr absl::Duration kPollEvery = absl::Milliseconds(500);

struct FreeNotify {
  void operator()(PGnotify* notify) const { PQfreemem(notify); }
};

class PostgresListener final : public QueueListener {
 public:
  explicit PostgresListener(PostgresOptions options)
      : options_(std::move(options)),
        interrupt_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~PostgresListener() override { close(interrupt_); }

  absl::StatusOr<Wake> Wait(absl::Duration timeout) override {
    Wake wake;
    if (polls_) {
      AwaitInterrupt(std::min(timeout, kPollEvery));
      wake.scan = true;
      return wake;
    }
    if (connection_ == nullptr) {
      WINDROW_RETURN_IF_ERROR(Connect());
      wake.scan = true;  // what was notified before is not known
      return wake;
    }
    if (Drain(&wake)) return wake;
    pollfd fds[2] = {{PQsocket(connection_->raw()), POLLIN, 0}, {interrupt_, POLLIN, 0}};
    if (poll(fds, 2, static_cast<int>(absl::ToInt64Milliseconds(timeout))) == 0) {
      WINDROW_RETURN_IF_ERROR(CheckServer());
    }
    if (fds[1].revents != 0) TakeInterrupt();
    if (fds[0].revents != 0 && PQconsumeInput(connection_->raw()) != 1) {
      connection_.reset();
      return absl::UnavailableError("the listening connection was lost");
    }
    Drain(&wake);
    return wake;
  }

  void Interrupt() override {
    const std::uint64_t one = 1;
    (void)!write(interrupt_, &one, sizeof(one));
  }

 private:
  absl::Status Connect() {
    WINDROW_ASSIGN_OR_RETURN(
        std::unique_ptr<Connection> connection,
        Connection::Open(
            {.url = options_.direct_url.empty() ? options_.url : options_.direct_url,
             .application_name = options_.application_name + " listener",
             .errors = options_.errors}));
    if (connection->pooled()) {
      Log(LogLevel::kWarn, "listen_impossible",
          {{"why", "a pooler in transaction mode is between"},
           {"instead", "due work is looked for twice a second"},
           {"way_out", "set database_direct_url"}});
      polls_ = true;
      return absl::OkStatus();
    }
    WINDROW_RETURN_IF_ERROR(connection->RunScript("LISTEN windrow_due"));
    connection_ = std::move(connection);
    return absl::OkStatus();
  }

  // Nobody notifies on a server that has become a standby, and its sessions live on.
  absl::Status CheckServer() {
    absl::Status status = CheckTakesWrites(connection_.get());
    if (!status.ok()) connection_.reset();
    return status;
  }

  void AwaitInterrupt(absl::Duration timeout) {
    pollfd fd = {interrupt_, POLLIN, 0};
    poll(&fd, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout)));
    if (fd.revents != 0) TakeInterrupt();
  }

  void TakeInterrupt() {
    std::uint64_t count;
    (void)!read(interrupt_, &count, sizeof(count));
  }

  // Takes the notifications that have arrived; true where there was one.
  bool Drain(Wake* wake) {
    bool any = false;
    while (std::unique_ptr<PGnotify, FreeNotify> notify{PQnotifies(connection_->raw())}) {
      any = true;
      std::string_view payload = notify->extra;
      if (payload == "*") wake->scan = true;
      while (!payload.empty()) {
        const std::size_t comma = payload.find(',');
        if (const auto id = Uuid::Parse(payload.substr(0, comma))) {
          wake->webhooks.push_back(*id);
        }
        payload.remove_prefix(comma == payload.npos ? payload.size() : comma + 1);
      }
    }
    return any;
  }

  const PostgresOptions options_;
  const int interrupt_;
  bool polls_ = false;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<QueueListener> MakeQueueListener(const PostgresOptions& options) {
  return std::make_unique<PostgresListener>(options);
}

}  // namespace windrow::store::postgres
