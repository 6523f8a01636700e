"""The image and the composition as files: what nobody notices until a stranger runs them."""

import re
import subprocess
import sys

import pytest
import yaml

from config import settings
from scripts import install
from tests.architecture.sources import ROOT, text

SETTINGS = (ROOT / "config" / "settings.py").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "hitotsu"}
SANDBOXES = {"payment-sandbox", "warehouse-sandbox", "kintone-sandbox", "mail-sandbox"}
STAGE = re.compile(r"^FROM (\S+)(?: AS (\S+))?$", re.M)


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of that name, continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    return re.findall(rf"^{name} (.*)$", joined, re.M)


def published(service: dict) -> set[int]:
    return {int(port.split(":")[1]) for port in service.get("ports", [])}


def test_the_image_is_built_in_stages_and_runs_as_nobody_in_particular():
    stages = [name for _, name in STAGE.findall(DOCKERFILE)]
    assert stages == ["front-end", "packages", "runtime"]
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER (?!root|0)\w+$", last, re.M)
    assert last.index("USER hitotsu") < last.index("CMD")


def test_every_package_of_the_image_comes_from_a_lock_with_hashes():
    runs = " ".join(instructions("RUN"))
    installs = re.findall(r"(?:pip|uv pip) install [^&]*", runs)
    assert len(installs) == 2
    assert all("--require-hashes" in command for command in installs)
    assert "npm ci" in runs
    assert "npm install" not in runs


def test_the_image_has_japanese_letters_and_the_files_that_pages_load():
    runs, copies = " ".join(instructions("RUN")), " ".join(instructions("COPY"))
    assert "fonts-noto-cjk" in runs
    assert "collectstatic" in runs
    assert all(name in copies for name in install.FRONT_END)


def test_base_images_have_a_version():
    images = [image for image, _ in STAGE.findall(DOCKERFILE)]
    images += [service["image"] for service in SERVICES.values() if service["image"] != "hitotsu"]
    assert all(re.search(r":\d", image) for image in images), images


def test_the_image_leaves_out_what_belongs_to_one_machine():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".*", "var", "tests", "**/node_modules"} <= set(ignored)


def test_every_variable_of_image_and_composition_is_read_by_somebody():
    standard = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "DJANGO_SETTINGS_MODULE"}
    named = set(re.findall(r"([A-Z_]+)=", " ".join(instructions("ENV")))) - standard
    for service in OURS.values():
        named |= set(service.get("environment", {}))
    assert not {name for name in named if f'"{name}"' not in SETTINGS}


def test_the_example_environment_names_settings_that_exist():
    example = (ROOT / ".env.example").read_text()
    assert not {name for name in re.findall(r"^([A-Z_]+)=", example, re.M) if f'"{name}"' not in SETTINGS}


def test_the_composition_is_complete():
    assert {"web", "worker", "media", "beat", "postgres", "redis", "storage"} | SANDBOXES <= set(SERVICES)
    assert SERVICES["storage"]["image"].startswith("rclone/rclone:")
    assert "serve s3" in " ".join(SERVICES["storage"]["command"])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"setup"}))
def test_every_service_says_whether_it_is_well(name):
    assert SERVICES[name]["healthcheck"]["test"]


def test_the_workers_take_every_queue():
    from config.celery_settings import task_queues

    taken = set()
    for name in ("worker", "media"):
        command = SERVICES[name]["command"]
        taken |= set(command[command.index("-Q") + 1].split(","))
    assert taken == {queue.name for queue in task_queues}


def test_what_a_browser_needs_is_published_on_this_machine_alone():
    for name in ("web", "storage", *SANDBOXES):
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[name]["ports"])
    assert published(SERVICES["web"]) == {8000}


@pytest.mark.parametrize("variable", ["STRIPE_JS_URL", "STORAGE_ENDPOINT", "MAIL_SANDBOX_URL"])
def test_an_address_for_browser_and_containers_is_an_alias_with_a_published_port(variable):
    host, port = re.match(r"http://([\w.]+):(\d+)", OURS["web"]["environment"][variable]).groups()
    assert host.endswith(".localhost")
    [owner] = [
        service
        for service in SERVICES.values()
        if host in service.get("networks", {}).get("default", {}).get("aliases", [])
    ]
    assert int(port) in published(owner)


@pytest.mark.parametrize("variable", ["STRIPE_API_BASE", "WAREHOUSE_API_URL", "KINTONE_URL", "EMAIL_URL", "REDIS_URL"])
def test_an_address_between_containers_names_a_service(variable):
    host = re.search(r"//(?:[^@/]*@)?([\w-]+):", OURS["web"]["environment"][variable]).group(1)
    assert host in SERVICES


def test_webhooks_go_to_a_host_that_the_site_answers_under():
    for name in ("payment-sandbox", "warehouse-sandbox"):
        command = SERVICES[name]["command"]
        assert command[command.index("--webhook-url") + 1].startswith("http://web:8000/webhooks/")
    assert "web" in OURS["web"]["environment"]["ALLOWED_HOSTS"].split(",")


def test_data_lives_in_named_volumes():
    assert set(COMPOSE["volumes"]) == {"postgres", "storage", "sandboxes", "var"}
    for service in SERVICES.values():
        for mount in service.get("volumes", []):
            assert mount.partition(":")[0] in COMPOSE["volumes"]


@pytest.mark.parametrize("name", sorted(SANDBOXES))
def test_the_stand_ins_take_the_arguments_that_the_composition_gives(name):
    command = SERVICES[name]["command"]
    asked = subprocess.run(
        [sys.executable, "-m", f"orders.sandboxes.{name.removesuffix('-sandbox')}", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert command[:2] == ["python", "manage.py"]
    assert all(argument in asked.stdout for argument in command if argument.startswith("--"))


def test_the_key_of_the_composition_is_one_that_production_refuses():
    default = re.search(r":-(.*)}", OURS["web"]["environment"]["SECRET_KEY"]).group(1)
    assert default == settings.INSECURE_KEY


def test_ci_runs_the_script_that_people_run():
    workflow = yaml.safe_load(text(ROOT / ".github" / "workflows" / "ci.yml"))
    assert any(step.get("run") == "bash .ci/run" for step in workflow["jobs"]["test"]["steps"])
    script = (ROOT / ".ci" / "run").read_text()
    assert "make lint" in script
    assert "make test" in script
