//! The user data of the AWS PCS user guide, as its pages print them, with too many dashes, too few, and without an end.

/// "Install software from a package repository".
pub(crate) const PACKAGES: &str = r#"MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==MYBOUNDARY=="

==MYBOUNDARY==
Content-Type: text/cloud-config; charset="us-ascii"

packages:
- python3-devel
- rust
- golang

==MYBOUNDARY==
"#;

/// "Run additional scripts from an S3 bucket".
pub(crate) const BUCKET: &str = r#"MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==MYBOUNDARY=="

---==MYBOUNDARY==
Content-Type: text/cloud-config; charset="us-ascii"

runcmd:
- aws s3 cp s3://amzn-s3-demo-bucket/object-key /tmp/script.sh
- /usr/bin/shell /tmp/script.sh

---==MYBOUNDARY==--
"#;

/// "Set global environment variables", with the name of its type one letter short.
pub(crate) const VARIABLES: &str = r#"MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==MYBOUNDARY=="

---==MYBOUNDARY==
Content-Type: text/x-shellscrip; charset="us-ascii"

#!/bin/bash
touch /etc/profile.d/awspcs-userdata-vars.sh
echo MY_GLOBAL_VAR1=100 >> /etc/profile.d/awspcs-userdata-vars.sh
echo MY_GLOBAL_VAR2=abc >> /etc/profile.d/awspcs-userdata-vars.sh

---==MYBOUNDARY==
"#;

/// "Use an EFS file system as a shared home directory": its lines have three dashes and two.
pub(crate) const HOME: &str = r#"MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==MYBOUNDARY=="

---==MYBOUNDARY==
Content-Type: text/cloud-config; charset="us-ascii"

packages:
- amazon-efs-utils

runcmd:
- mkdir -p /tmp/home
- rsync -a /home/ /tmp/home
- echo "$filesystem-id:/ /mount-point-directory efs tls,_netdev" >> /etc/fstab
- mount -a -t efs defaults
- rsync -a --ignore-existing /tmp/home/ /home
- rm -rf /tmp/home/

--==MYBOUNDARY==--
"#;

/// "Amazon EFS".
pub(crate) const EFS: &str = r#"MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==MYBOUNDARY=="

---==MYBOUNDARY==
Content-Type: text/cloud-config; charset="us-ascii"

packages:
  - amazon-efs-utils

runcmd:
  - mkdir -p /mount-point-directory
  - echo "filesystem-id: /mount-point-directory efs tls,_netdev" >> /etc/fstab
  - mount -a -t efs defaults

---==MYBOUNDARY==--
"#;

/// "Amazon FSx for Lustre".
pub(crate) const LUSTRE: &str = r#"MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==MYBOUNDARY=="

---==MYBOUNDARY==
Content-Type: text/cloud-config; charset="us-ascii"

runcmd:
- amazon-linux-extras install -y lustre=latest
- mkdir -p /mount-point-directory
- mount -t lustre filesystem-id.fsx.region-code.amazonaws.com@tcp:/mount-name /mount-point-directory

---==MYBOUNDARY==
"#;

/// "Amazon FSx for OpenZFS".
pub(crate) const ZFS: &str = r#"MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==MYBOUNDARY=="

---==MYBOUNDARY==
Content-Type: text/cloud-config; charset="us-ascii"

runcmd:
- mkdir -p /mount-point-directory
- mount -t nfs -o noatime,nfsvers=4.2,sync,rsize=1048576,wszie=1048576 filesystem-id.fsx.region-code.amazonaws.com:/fsx/ /mount-point-directory

---==MYBOUNDARY==
"#;

/// "Amazon File Cache".
pub(crate) const FILE_CACHE: &str = r#"MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="==MYBOUNDARY=="

---==MYBOUNDARY==
Content-Type: text/cloud-config; charset="us-ascii"

runcmd:
- amazon-linux-extras install -y lustre=2.12
- mkdir -p /mount-point-directory
- mount -t lustre -o relatime,flock cache-dns-name@tcp:/mount-name /mount-point-directory

---==MYBOUNDARY==
"#;

/// "Monitor instances with CloudWatch", the agent's configuration from a bucket: it has no `MIME-Version`.
pub(crate) const WATCHED: &str = r#"
Content-Type: multipart/mixed; boundary="==MYBOUNDARY=="

---==MYBOUNDARY==
Content-Type: text/cloud-config; charset="us-ascii"

packages:
- amazon-cloudwatch-agent

runcmd:
- aws s3 cp s3://amzn-s3-demo-bucket/config.json /etc/s3-cw-config.json
- /opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file://etc/s3-cw-config.json

---==MYBOUNDARY==
"#;

/// As the guide describes an archive in words: the type before the version, and the lines as it spells them.
pub(crate) const DESCRIBED: &str = r#"Content-Type: multipart/mixed; boundary="==BOUNDARY=="
MIME-Version: 1.0

---=BOUNDARY==
Content-Type: text/cloud-config; charset="us-ascii"

packages: [a]

---=BOUNDARY==
Content-Type: text/x-shellscript; charset="us-ascii"

echo b

---=BOUNDARY====
"#;

/// The base64 of its example of a template, which is JSON and no archive: its author meant another text.
pub(crate) const OF_TEMPLATE: &str =
    "ewogICAgIkxhdW5jaFR1bXBsYXR1TmFtZSI6ICJpbmNyZWFrZS1jb250YWluZXItdm9sdW1lIgp9Cg==";

/// All that are archives.
pub(crate) const ALL: [&str; 10] = [
    PACKAGES, BUCKET, VARIABLES, HOME, EFS, LUSTRE, ZFS, FILE_CACHE, WATCHED, DESCRIBED,
];
