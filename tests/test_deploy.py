"""The files of a team's server and of a Space name what there is: settings, folders, commands, versions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from importlib.metadata import requires
from pathlib import Path

import httpx
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from app.settings import Settings
from tests.written import space_requirements

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "deploy" / "docker-compose.yml").read_text(encoding="utf-8"))
VARIABLES = {str(f.validation_alias or f"ASK_{n.upper()}") for n, f in Settings.model_fields.items()}
PAGES = ("page-1", "page-2")
SPACE = ROOT / "deploy" / "space"


def test_every_volume_and_service_that_is_named_is_there():
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    assert set(services) == {*PAGES, "postgres", "chroma", "proxy"}
    for service in services.values():
        assert ("image" in service) != ("build" in service)
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service.get("volumes", ()):
            name = volume.partition(":")[0]
            assert name in volumes or (ROOT / "deploy" / name).exists(), volume
    assert {v.partition(":")[0] for p in PAGES for v in services[p]["volumes"]} == set(PAGES)  # each has its own


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_settings_that_there_are_and_waits_for_a_database(page):
    service = COMPOSE["services"][page]
    assert set(service["environment"]) <= VARIABLES
    given = {k: re.sub(r"\$\{(\w+):[?-][^}]*\}", "x", v) for k, v in service["environment"].items()}
    assert given["ASK_DATABASE"] == "postgresql://ask:x@postgres:5432/ask"
    assert set(PAGES) <= set(given["ASK_HOSTS"].split(","))  # under which the proxy looks how they are
    assert service["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_the_chroma_server_is_the_version_that_the_program_speaks_with():
    (pinned,) = re.findall(r"^chromadb==(.+)$", (ROOT / "constraints.txt").read_text(), re.M)
    assert COMPOSE["services"]["chroma"]["image"] == f"chromadb/chroma:{pinned}"


def test_the_proxy_knows_the_pages():
    said = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    (line,) = re.findall(r"reverse_proxy (.+) \{", said)
    assert line.split() == [f"{page}:7860" for page in PAGES]
    assert said.count("{") == said.count("}")
    assert "health_uri /ready" in said


def test_the_image_is_made_of_what_there_is():
    said = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (.+)$", said, re.M):
        *sources, _ = line.split()
        assert all((ROOT / source).exists() for source in sources), line
    assert set(re.findall(r"\b(ASK_\w+)=", said)) <= VARIABLES
    assert "'.[page,team]'" in said


def test_the_dockerfile_has_instructions_that_there_are_and_a_shell_that_reads_its_commands():
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]
    known = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "ENV", "VOLUME", "EXPOSE", "CMD", "ARG", "LABEL", "HEALTHCHECK"}
    assert lines[0][0] == "FROM"
    assert {name for name, _ in lines} <= known
    for name, rest in lines:
        if name == "RUN":
            subprocess.run(["sh", "-n", "-c", rest], check=True)
        if name == "CMD":
            assert " ".join(json.loads(rest)) == "ask-the-plan chat"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert re.findall(r"python:([\d.]+)", lines[0][1])[0] in SpecifierSet(project["requires-python"])


@pytest.mark.skipif(not shutil.which("docker"), reason="Docker is not installed")
def test_docker_reads_the_compose_file():
    given = os.environ | {"POSTGRES_PASSWORD": "x", "ASK_AUTH": "a:b"}
    subprocess.run(["docker", "compose", "config", "--quiet"], cwd=ROOT / "deploy", env=given, check=True)


def test_a_space_has_the_packages_that_are_pinned():
    written, pins = (file.read_text().split() for file in (SPACE / "requirements.txt", ROOT / "constraints.txt"))
    assert set(space_requirements().split()) <= set(written) <= set(pins), "run `make docs`"
    said = yaml.safe_load((SPACE / "README.md").read_text(encoding="utf-8").split("---")[1])
    assert f"gradio=={said['sdk_version']}" in written
    versions = dict(pin.split("==") for pin in written)
    for required in map(Requirement, requires("gradio") or ()):
        if required.name in versions and required.marker and required.marker.evaluate({"extra": "mcp"}):
            assert versions[required.name] in required.specifier, "a Space installs gradio[mcp]"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert said["python_version"] in SpecifierSet(project["requires-python"])
    assert (SPACE / said["app_file"]).is_file()
    assert Settings.model_fields["port"].default == 7860  # where a Space looks for the page


@pytest.mark.slow
def test_a_space_answers_whoever_comes_and_lets_nobody_change(small_corpus, tmp_path):
    given = {"ASK_CORPUS": str(small_corpus), "ASK_DATA": str(tmp_path), "ASK_PORT": "0", "SPACE_HOST": "ann-plan.hf.space"}
    environment = os.environ | given | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "ignore", "app.py"]
    with subprocess.Popen(command, cwd=SPACE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            (url,) = re.findall(r"http://\S+", process.stdout.readline())
            with httpx.Client(base_url=url, timeout=60, headers={"Host": "ann-plan.hf.space"}) as client:
                policy = client.get("/").headers["content-security-policy"]
                assert policy.endswith("frame-ancestors 'self' https://huggingface.co")
                assert client.post("/gradio_api/upload", files={"files": ("a.txt", b"a")}).status_code == 403
                assert client.get("/", headers={"Host": "another.example"}).status_code == 421
                while client.get("/health").json()["status"] == "loading":
                    time.sleep(0.2)
                answer = client.post("/v1/ask", json={"question": "What is Hefei for?"}).json()
            assert answer["status"] == "answered"
        finally:
            process.terminate()
