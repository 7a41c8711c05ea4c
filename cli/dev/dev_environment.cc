#include "cli/dev/dev_environment.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <ostream>

#include "cli/dev/data_folder.h"
#include "cli/dev/demo.h"
#include "cli/dev/ports.h"
#include "cli/dev/postgres.h"
#include "cli/dev/supervisor.h"
#include "common/base/status.h"
#include "common/json/document.h"
#include "common/store/postgres/migrate.h"

namespace windrow::cli {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);
constexpr char kShutdownTimeout[] = "--shutdown-timeout=10s";

struct Addresses {
  config::HostPort listen;
  config::HostPort server_ops;
  config::HostPort worker_ops;
  std::optional<config::HostPort> receiver;
};

absl::StatusOr<Addresses> ChooseAddresses(const DevOptions& options) {
  WINDROW_ASSIGN_OR_RETURN(const config::HostPort listen,
                           config::HostPort::Parse(options.listen));
  std::vector<WantedAddress> wanted = {{"--listen", listen}};
  const auto add = [&](const char* flag, const std::string& text) -> absl::Status {
    WINDROW_ASSIGN_OR_RETURN(const config::HostPort address,
                             config::HostPort::Parse(text));
    wanted.push_back({flag, address});
    return absl::OkStatus();
  };
  const auto ops = [&](const std::string& given, const char* usual) {
    if (!given.empty()) return given;
    return std::string(listen.port == 0 ? "127.0.0.1:0" : usual);
  };
  WINDROW_RETURN_IF_ERROR(add("--server-ops", ops(options.server_ops, "127.0.0.1:7471")));
  WINDROW_RETURN_IF_ERROR(add("--worker-ops", ops(options.worker_ops, "127.0.0.1:7472")));
  if (!options.no_receiver) {
    WINDROW_RETURN_IF_ERROR(add("--receiver-listen", options.receiver_listen));
  }
  for (const WantedAddress& one : wanted) {
    if (!one.address.IsLoopback()) {
      return absl::FailedPreconditionError(
          fmt::format("{} {} is not loopback: `windrow dev` is for this machine alone",
                      one.flag, one.address.ToString()));
    }
  }
  WINDROW_ASSIGN_OR_RETURN(const auto chosen, ReservePorts(wanted));
  Addresses addresses{chosen[0], chosen[1], chosen[2], std::nullopt};
  if (!options.no_receiver) addresses.receiver = chosen[3];
  return addresses;
}

// Removes what it wrote when the environment goes.
class ReadyFile {
 public:
  explicit ReadyFile(std::string path) : path_(std::move(path)) { Remove(); }
  ~ReadyFile() { Remove(); }
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;

  absl::Status Write(const std::string& text) const {
    return path_.empty() ? absl::OkStatus() : WritePrivateFile(path_, text);
  }

 private:
  void Remove() const {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  std::string path_;
};

// Starts the pieces in order. The supervisor's destructor stops them.
class Environment {
 public:
  Environment(const Session& session, const DevOptions& options)
      : session_(session), options_(options) {}

  absl::Status Start(Supervisor* supervisor) {
    WINDROW_RETURN_IF_ERROR(FindPrograms());
    std::string path = options_.data;
    if (path.empty()) {
      WINDROW_ASSIGN_OR_RETURN(path, DataFolder::DefaultPath());
    }
    WINDROW_ASSIGN_OR_RETURN(DataFolder folder, DataFolder::Open(path));
    folder_.emplace(std::move(folder));
    WINDROW_ASSIGN_OR_RETURN(addresses_, ChooseAddresses(options_));
    WINDROW_RETURN_IF_ERROR(folder_->EnsureKeyRing());
    WINDROW_ASSIGN_OR_RETURN(secret_, folder_->ReceiverSecret());
    Say(fmt::format("Starting PostgreSQL in {}", folder_->path()));
    WINDROW_ASSIGN_OR_RETURN(const DevPostgres postgres,
                             DevPostgres::Start(*folder_, supervisor));
    database_url_ = postgres.url();
    std::vector<std::string> applied;
    WINDROW_RETURN_IF_ERROR(store::postgres::Migrate(database_url_, &applied));
    Say("Starting server, receiver and worker");
    WINDROW_RETURN_IF_ERROR(StartProgram("server", addresses_.server_ops, supervisor));
    if (addresses_.receiver) WINDROW_RETURN_IF_ERROR(StartReceiver(supervisor));
    WINDROW_RETURN_IF_ERROR(StartProgram("worker", addresses_.worker_ops, supervisor));
    return absl::OkStatus();
  }

  absl::Status Demo() {
    if (!addresses_.receiver) return absl::OkStatus();
    Session session{.in = session_.in, .out = session_.out, .err = session_.err};
    session.server = addresses_.listen.ToString();
    const absl::StatusOr<bool> shown =
        ShowFirstDelivery(session, addresses_.receiver->ToString(), secret_);
    if (!shown.ok()) return shown.status();
    if (*shown) Say("Made the webhook 'demo' and published a first event for it");
    return absl::OkStatus();
  }

  std::string ReadyText() const {
    std::string text = fmt::format("{{\"server\":\"{}\"", addresses_.listen.ToString());
    if (addresses_.receiver) {
      text += fmt::format(",\"receiver\":\"{}\"", addresses_.receiver->ToString());
    }
    text += fmt::format(",\"server_ops\":\"{}\",\"worker_ops\":\"{}\",\"pid\":{}",
                        addresses_.server_ops.ToString(),
                        addresses_.worker_ops.ToString(), ::getpid());
    text += ",\"database_url\":";
    json::AppendString(database_url_, &text);
    text += ",\"data\":";
    json::AppendString(folder_->path(), &text);
    return text + "}\n";
  }

  void TellWhatToTry() const {
    const std::string server = addresses_.listen.ToString();
    const std::string flag =
        server == Session{.in = session_.in, .out = session_.out, .err = session_.err}
                      .server
            ? ""
            : fmt::format(" --server {}", server);
    std::string text = fmt::format(
        "\nWindrow is up.\n  gRPC      {}\n  metrics   http://{}/metrics, "
        "http://{}/metrics\n",
        server, addresses_.server_ops.ToString(), addresses_.worker_ops.ToString());
    if (addresses_.receiver) {
      text += fmt::format("  receiver  http://{}/ (any path; prints what it gets)\n",
                          addresses_.receiver->ToString());
    }
    text += fmt::format("  data      {} (logs in log/)\n\nIn another terminal:\n",
                        folder_->path());
    const std::string target =
        addresses_.receiver ? addresses_.receiver->ToString() : "127.0.0.1:7490";
    text += fmt::format(
        "  windrow{0} webhook create --name mine --url http://{1}/mine --event "
        "order.paid\n"
        "  echo '{{\"type\":\"order.paid\",\"object_type\":\"order\",\"object_id\":\"7\","
        "\"object\":{{\"total\":19.90}}}}' | windrow{0} event publish\n"
        "  windrow{0} delivery list\n\nCtrl-C stops everything; the data stays.\n",
        flag, target);
    session_.err << text << std::flush;
  }

 private:
  void Say(const std::string& text) const {
    session_.err << "windrow dev: " << text << std::endl;
  }

  absl::Status FindPrograms() {
    std::error_code error;
    self_ = std::filesystem::read_symlink("/proc/self/exe", error);
    for (const char* name : {"windrow-server", "windrow-worker"}) {
      const std::filesystem::path program = self_.parent_path() / name;
      if (::access(program.c_str(), X_OK) == 0) continue;
      return absl::FailedPreconditionError(
          fmt::format("there is no {}: it belongs beside {}; build or install all three "
                      "programs",
                      program.string(), self_.string()));
    }
    return absl::OkStatus();
  }

  absl::Status StartProgram(const std::string& name, const config::HostPort& ops,
                            Supervisor* supervisor) {
    ChildOptions child{.name = "windrow-" + name};
    child.argv = {(self_.parent_path() / child.name).string(),
                  "--database-url=" + database_url_,
                  "--key-ring-file=" + folder_->key_ring_file(),
                  "--ops-listen=" + ops.ToString(),
                  "--allow-http",
                  kShutdownTimeout};
    if (addresses_.receiver) {
      child.argv.push_back("--allow-addresses=" + AllowRule(*addresses_.receiver));
    }
    for (const std::string& rule : options_.allow_addresses) {
      child.argv.push_back("--allow-addresses=" + rule);
    }
    if (name == "server") {
      child.argv.push_back("--listen=" + addresses_.listen.ToString());
    }
    WINDROW_ASSIGN_OR_RETURN(child.log_file, folder_->FreshLog(name));
    WINDROW_RETURN_IF_ERROR(supervisor->Start(std::move(child)));
    return supervisor->WaitUntil("windrow-" + name + " to be ready", kStartTimeout,
                                 [&] { return AnswersOk(ops, "/readyz"); });
  }

  // A rule names addresses, not `localhost`.
  static std::string AllowRule(const config::HostPort& address) {
    if (address.host != "localhost") return address.ToString();
    return fmt::format("127.0.0.1:{0},[::1]:{0}", address.port);
  }

  absl::Status StartReceiver(Supervisor* supervisor) {
    ChildOptions child{.name = "the receiver"};
    const std::string address = addresses_.receiver->ToString();
    if (options_.receiver_command.empty()) {
      child.argv = {self_.string(), "dev",   "receiver",
                    "--listen",     address, "--every-webhook"};
    } else {
      child.argv = {"/bin/sh", "-c", options_.receiver_command};
    }
    child.env = {{"WEBHOOK_SECRET", secret_},
                 {"HOST", addresses_.receiver->host},
                 {"PORT", std::to_string(addresses_.receiver->port)},
                 {"WINDROW_DATABASE_URL", database_url_},
                 {"WINDROW_KEY_RING_FILE", folder_->key_ring_file()}};
    WINDROW_RETURN_IF_ERROR(supervisor->Start(std::move(child)));
    return supervisor->WaitUntil("the receiver to listen on " + address, kStartTimeout,
                                 [&] { return Accepts(*addresses_.receiver); });
  }

  const Session& session_;
  const DevOptions& options_;
  std::filesystem::path self_;
  std::optional<DataFolder> folder_;
  Addresses addresses_;
  std::string secret_;
  std::string database_url_;
};

absl::Status Serve(const Session& session, const DevOptions& options) {
  Environment environment(session, options);  // outlives what it started: the lock
  const ReadyFile ready(options.ready_file);
  Supervisor supervisor;
  WINDROW_RETURN_IF_ERROR(environment.Start(&supervisor));
  WINDROW_RETURN_IF_ERROR(environment.Demo());
  environment.TellWhatToTry();
  WINDROW_RETURN_IF_ERROR(ready.Write(environment.ReadyText()));
  return supervisor.WaitUntil("nothing", absl::InfiniteDuration(), [] { return false; });
}

}  // namespace

int RunDev(const Session& session, const DevOptions& options) {
  const absl::Status status = Serve(session, options);
  if (absl::IsCancelled(status)) {
    session.err << "windrow dev: stopped\n";
    return kOk;
  }
  const std::string message(status.message());
  session.err << "windrow dev: " << message << (message.ends_with('\n') ? "" : "\n");
  return kFailed;
}

}  // namespace windrow::cli
