"""Uses buckets with the AWS command line, everything but endpoint, region, keys and trust at its default."""

import os
import subprocess
import tempfile

bucket = "s3://" + os.environ["SLUICE_BUCKET"]


def aws(*args, **more):
    done = subprocess.run(["aws", *args], capture_output=True, check=False, **more)
    assert done.returncode == 0, (args, done.stderr.decode())
    return done.stdout


with tempfile.TemporaryDirectory() as folder:
    body = os.urandom(20 << 20)
    tree = os.path.join(folder, "tree")
    os.makedirs(os.path.join(tree, "deep", "er"))
    for name, content in {"large": body, "deep/small": b"hello", "deep/er/empty": b""}.items():
        with open(os.path.join(tree, name), "wb") as out:
            out.write(content)
    aws("s3", "mb", bucket)
    aws("s3", "sync", tree, bucket + "/tree", "--no-progress")
    listed = aws("s3", "ls", "--recursive", bucket).decode()
    assert [line.split()[-1] for line in listed.splitlines()] == ["tree/deep/er/empty", "tree/deep/small", "tree/large"], listed
    assert b"PRE tree/" in aws("s3", "ls", bucket)
    assert aws("s3", "sync", tree, bucket + "/tree", "--no-progress") == b"", "nothing has changed"
    aws("s3", "cp", bucket + "/tree/large", bucket + "/copied", "--no-progress")
    assert aws("s3", "cp", bucket + "/copied", "-") == body
    aws("s3", "cp", "-", bucket + "/piped", input=body)
    back = os.path.join(folder, "back")
    aws("s3", "cp", "--recursive", bucket, back, "--no-progress")
    for name in ("tree/large", "copied", "piped"):
        with open(os.path.join(back, name), "rb") as file:
            assert file.read() == body, name
    aws("s3", "mv", bucket + "/piped", bucket + "/moved", "--no-progress")
    aws("s3", "rm", bucket + "/moved")
    url = aws("s3", "presign", bucket + "/tree/deep/small").decode().strip()
    assert "X-Amz-Signature" in url or "Signature" in url, url
    aws("s3", "rb", "--force", bucket)
print("all well")
